//go:build !linux

package server

import (
	"context"
	"errors"
	"log/slog"
	"runtime"

	"slotbench/server/command"
)

// ErrPlatform is why Listen fails where there is no epoll: the portable engine
// does not exist yet.
var ErrPlatform = errors.New("the server's event loops need Linux (epoll); there is no portable engine yet for " + runtime.GOOS)

// Server is one node's connections and event loops. None can be made here.
type Server struct{ command.Node }

// Listen fails with ErrPlatform.
func Listen(Config, *slog.Logger) (*Server, error) { return nil, ErrPlatform }

// Close cannot be called: there is no Server.
func (*Server) Close() {}

// Port cannot be called: there is no Server.
func (*Server) Port() int { return 0 }

// RunID cannot be called: there is no Server.
func (*Server) RunID() string { return "" }

// Run cannot be called: there is no Server.
func (*Server) Run(context.Context, command.Config) error { return ErrPlatform }
