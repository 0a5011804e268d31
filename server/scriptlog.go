package server

import (
	"context"
	"log/slog"

	"slotbench/server/script"
)

// LogScript writes what a script logs.
func (s *Server) LogScript(level script.LogLevel, line string) {
	levels := map[script.LogLevel]slog.Level{
		script.LogDebug: slog.LevelDebug, script.LogVerbose: slog.LevelDebug,
		script.LogNotice: slog.LevelInfo, script.LogWarning: slog.LevelWarn,
	}
	s.log.Log(context.Background(), levels[level], line, "by", "script")
}
