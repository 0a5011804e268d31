package replay

import "io"

// pumpBytes is read at a time.
const pumpBytes = 64 << 10

// pump reads what may block for ever, a pipe or a terminal, on a goroutine of
// its own, so that whoever waits for it can be stopped. That goroutine ends
// with its input, or with the first read after quit is closed.
type pump struct {
	quit   <-chan struct{}
	filled chan pumped
	rest   pumped
}

type pumped struct {
	data []byte
	err  error
}

func newPump(in io.Reader, quit <-chan struct{}) *pump {
	p := &pump{quit: quit, filled: make(chan pumped)}
	go func() {
		for {
			data := make([]byte, pumpBytes)
			n, err := in.Read(data)
			select {
			case p.filled <- pumped{data[:n], err}:
			case <-quit:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return p
}

// Read gives what was read, or errStopped.
func (p *pump) Read(into []byte) (int, error) {
	for len(p.rest.data) == 0 {
		if p.rest.err != nil {
			return 0, p.rest.err
		}
		select {
		case p.rest = <-p.filled:
		case <-p.quit:
			p.rest.err = errStopped
		}
	}
	n := copy(into, p.rest.data)
	p.rest.data = p.rest.data[n:]
	return n, nil
}
