package keyset

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slotbench/internal/resp"
)

// forkTimeout is how long a server may take until it begins to send its dump;
// it sends line ends meanwhile.
const forkTimeout = 2 * time.Minute

// replicate reads a server's dump as a replica gets it.
func (w *worker) replicate(ctx context.Context, options *redis.Options, o *Options) (Note, error) {
	conn, err := dial(ctx, options)
	if err != nil {
		return Note{}, err
	}
	defer conn.Close()
	release := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer release()
	r := &replica{conn: conn, in: bufio.NewReaderSize(countingReader{patient{conn}, o.Progress}, sniffBytes)}
	if err := r.introduce(options); err != nil {
		return Note{}, err
	}
	if err := r.sync(); err != nil {
		return Note{}, err
	}
	in := &input{reader: r.in, endless: true}
	err = in.readDump(ctx, o, []*worker{w})
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return in.note, err
}

// patient is a connection that may be silent for forkTimeout.
type patient struct{ net.Conn }

// Read reads, or fails after forkTimeout.
func (p patient) Read(b []byte) (int, error) {
	if err := p.SetReadDeadline(time.Now().Add(forkTimeout)); err != nil {
		return 0, err
	}
	return p.Conn.Read(b)
}

// replica speaks to a server as its replica does.
type replica struct {
	conn net.Conn
	in   *bufio.Reader
}

// ask sends a command and returns the line that answers it.
func (r *replica) ask(args ...string) (string, error) {
	if _, err := r.conn.Write(resp.AppendCommand(nil, args...)); err != nil {
		return "", err
	}
	return r.line()
}

func (r *replica) line() (string, error) {
	for {
		line, err := r.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return "", errors.New("an answer without a line end")
		}
		if err != nil {
			return "", err
		}
		if text := strings.TrimRight(string(line), "\r\n"); text != "" {
			return text, nil // an empty line says that the server is still at it
		}
	}
}

// introduce says who we are and what we understand.
func (r *replica) introduce(options *redis.Options) error {
	if options.Password != "" {
		args := []string{"AUTH", options.Password}
		if options.Username != "" {
			args = []string{"AUTH", options.Username, options.Password}
		}
		answer, err := r.ask(args...)
		if err == nil && strings.HasPrefix(answer, "-") {
			err = errors.New(answer[1:])
		}
		if err != nil {
			return fmt.Errorf("AUTH: %w", err)
		}
	}
	// A dump alone (7.0), and one that comes without its length. Who does not
	// know these words sends all the same.
	for _, words := range [][2]string{{"rdb-only", "1"}, {"capa", "eof"}} {
		if _, err := r.ask("REPLCONF", words[0], words[1]); err != nil {
			return fmt.Errorf("REPLCONF: %w", err)
		}
	}
	return nil
}

// sync asks for a whole dump and reads up to its first byte.
func (r *replica) sync() error {
	answer, err := r.ask("PSYNC", "?", "-1")
	for err == nil && !strings.HasPrefix(answer, "$") {
		if strings.HasPrefix(answer, "-") {
			return fmt.Errorf("PSYNC: %s", answer[1:])
		}
		answer, err = r.line() // +FULLRESYNC, then the dump's length
	}
	if err != nil {
		return fmt.Errorf("PSYNC: %w", err)
	}
	return nil
}
