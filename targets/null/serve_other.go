//go:build !linux

package null

import "errors"

// serve needs epoll.
func serve(string, int) error {
	return errors.New("the null responder needs Linux")
}
