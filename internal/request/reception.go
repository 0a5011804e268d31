package request

import "time"

// The commands by which messages are received. Each receives what one command
// of a workload sends: see SentBy.
const (
	Subscribe      = "SUBSCRIBE"
	ShardSubscribe = "SSUBSCRIBE"
	ReadGroup      = "XREADGROUP"
)

// SentBy is the command whose messages a receiving command gets, "" of any
// other.
func SentBy(receive string) string {
	switch receive {
	case Subscribe:
		return "PUBLISH"
	case ShardSubscribe:
		return "SPUBLISH"
	case ReadGroup:
		return "XADD"
	}
	return ""
}

// Reception is one group of a workload's receivers: what each of them listens
// to, beside the requests.
type Reception struct {
	Name    string // in reports
	Command string // Subscribe, ShardSubscribe or ReadGroup
	// AnyNode deals the receivers out over the nodes, wherever their channels'
	// slots lie; else each channel is received from the owner of its slot.
	AnyNode bool
	// Receivers is the keys (channels, streams) of each receiver.
	Receivers [][]string

	Group string        // of ReadGroup: the consumer group
	Batch int           // entries that one read takes, at most
	Block time.Duration // how long one read waits for entries
}

// Receipts takes what receivers get. Its methods may be called from several
// goroutines at once.
type Receipts interface {
	// Received is a message of a reception by its number. key and value are the
	// caller's again when it returns; at is when the message had been read.
	Received(reception int, key, value []byte, at time.Time)
}
