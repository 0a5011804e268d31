package node

import (
	"log/slog"
	"testing"

	"slotbench/server"
)

// starter starts a node on the engine that is being tested.
type starter func(t *testing.T, change func(*server.Config), log ...*slog.Logger) (addr string)

// conformance is what a client sees alike whatever the engine is.
var conformance = []struct {
	name string
	test func(*testing.T, starter)
}{
	{"RepliesKeepTheirOrder", repliesKeepTheirOrder},
	{"LongPipeline", longPipeline},
	{"LargeRepliesInOnePipeline", largeRepliesInOnePipeline},
	{"ByteAtATime", byteAtATime},
	{"BigValuesAndTheirBuffers", bigValuesAndTheirBuffers},
	{"AnnouncedLengthTakesNoMemory", announcedLengthTakesNoMemory},
	{"ClientThatDoesNotRead", clientThatDoesNotRead},
	{"QueryBufferLimit", queryBufferLimit},
	{"MaxBulkIsConfigured", maxBulkIsConfigured},
	{"MaxClients", maxClients},
	{"Password", password},
	{"ClientListAndKill", clientListAndKill},
	{"HalfOpenAndVanishedClients", halfOpenAndVanishedClients},
	{"IdleClientIsClosed", idleClientIsClosed},
	{"KeysExpireUnasked", keysExpireUnasked},
	{"Floods", testFloods},
	{"ServingAllocatesNothing", servingAllocatesNothing},
	{"ProtocolErrorsAsRedis", protocolErrorsAsRedis},
}

func TestEngines(t *testing.T) {
	for _, engine := range server.Engines() {
		start := func(t *testing.T, change func(*server.Config), log ...*slog.Logger) string {
			t.Helper()
			return startLogged(t, func(c *server.Config) {
				c.Engine = engine
				if change != nil {
					change(c)
				}
			}, append(log, nil)[0])
		}
		t.Run(engine, func(t *testing.T) {
			for _, row := range conformance {
				t.Run(row.name, func(t *testing.T) { row.test(t, start) })
			}
		})
	}
}
