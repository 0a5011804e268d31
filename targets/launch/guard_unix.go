//go:build unix

package launch

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// Guard is the whole of a guard process; it returns the exit code.
func Guard() int {
	// Linux kills the server when the thread that started it ends, so that
	// thread must live as long as the guard. The CPUs are pinned by thread too.
	runtime.LockOSThread()
	// The pipes must not leak into the server: it would keep them open.
	syscall.CloseOnExec(ordersFD)
	syscall.CloseOnExec(reportsFD)
	dir, err := os.MkdirTemp("", "slotbench-server-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	g := &guard{dir: dir, reports: json.NewEncoder(os.NewFile(reportsFD, "reports")), ended: make(chan error)}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	g.serve(readOrders(os.NewFile(ordersFD, "orders")), signals)
	return 0
}

// readOrders hands on what the launcher asks until its end of the pipe closes.
// The goroutine ends with the process.
func readOrders(pipe *os.File) <-chan order {
	orders := make(chan order)
	go func() {
		defer close(orders)
		for decoder := json.NewDecoder(pipe); ; {
			var o order
			if decoder.Decode(&o) != nil {
				return
			}
			orders <- o
		}
	}()
	return orders
}

// guard is the state of a guard: its server runs while server is not nil.
type guard struct {
	dir     string
	reports *json.Encoder
	server  *exec.Cmd
	ended   chan error // the running server's end
}

// serve carries out orders until there will be no more, and leaves no server.
func (g *guard) serve(orders <-chan order, signals <-chan os.Signal) {
	for {
		select {
		case o, open := <-orders:
			if !open {
				g.kill()
				return
			}
			g.report(g.carryOut(o))
		case err := <-g.ended:
			g.clear()
			g.report(report{Ended: true, Text: endText(err)})
		case <-signals:
			g.kill()
			return
		}
	}
}

// report tells the launcher. One that is gone cannot be told; the orders' end
// says so too.
func (g *guard) report(r report) { _ = g.reports.Encode(r) }

func (g *guard) carryOut(o order) report {
	var err error
	switch {
	case o.Path != "" && g.server != nil:
		err = fmt.Errorf("the server runs already")
	case o.Path != "":
		err = g.start(o)
	case g.server == nil:
		err = os.ErrProcessDone
	default:
		err = g.server.Process.Signal(o.Signal)
	}
	if err != nil {
		return report{Error: err.Error()}
	}
	return report{PID: g.server.Process.Pid}
}

func (g *guard) start(o order) error {
	if len(o.CPUs) > 0 {
		// Of this thread only; the server inherits it.
		if err := pinThread(o.CPUs); err != nil {
			return fmt.Errorf("pin to CPUs %v: %w", o.CPUs, err)
		}
	}
	server := exec.Command(o.Path, o.Args...)
	server.Dir, server.Stdout, server.Stderr = g.dir, os.Stdout, os.Stderr
	server.SysProcAttr = serverAttributes()
	if err := server.Start(); err != nil {
		return err
	}
	g.server = server
	go func() { g.ended <- server.Wait() }()
	return nil
}

// kill ends the server, if one runs.
func (g *guard) kill() {
	if g.server == nil {
		return
	}
	_ = g.server.Process.Kill()
	<-g.ended
	g.clear()
}

// clear forgets the ended server and kills what it may have forked, such as a
// process that writes a snapshot: it is in the same process group.
func (g *guard) clear() {
	_ = syscall.Kill(-g.server.Process.Pid, syscall.SIGKILL)
	g.server = nil
}

func endText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
