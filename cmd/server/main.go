// Command server is one node of the reference cluster: redis-server's command
// line, and nothing on disk.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"slotbench/server/node"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := node.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
