package rdb

// Encoding is what a server keeps a value as, in the words of OBJECT ENCODING.
type Encoding uint8

// The encodings.
const (
	EncodingUnknown Encoding = iota
	EncodingInt
	EncodingEmbedded
	EncodingRaw
	EncodingListpack
	EncodingListpackExpiring
	EncodingZiplist
	EncodingZipmap
	EncodingIntset
	EncodingQuicklist
	EncodingHashtable
	EncodingSkiplist
	EncodingStream
	EncodingModule
	EncodingArray
	Encodings // how many there are
)

var encodingNames = [Encodings]string{
	"unknown", "int", "embstr", "raw", "listpack", "listpackex", "ziplist", "zipmap", "intset",
	"quicklist", "hashtable", "skiplist", "stream", "module", "array",
}

// String is the encoding's name.
func (e Encoding) String() string { return encodingNames[e] }

var kindNames = [...]string{"unknown", "string", "list", "set", "zset", "hash", "stream", "module", "array"}

// Kinds is how many kinds there are.
const Kinds = len(kindNames)

// String is the kind's name, in the words of TYPE.
func (k Kind) String() string { return kindNames[k] }

// ParseKind is the kind of a name that TYPE answers; None is none of them.
func ParseKind(name string) Kind {
	for i, known := range kindNames {
		if name == known {
			return Kind(i)
		}
	}
	if name == "sortedset" { // as redis-rdb-tools calls it
		return SortedSet
	}
	return None
}

// ParseEncoding is the encoding of a name that OBJECT ENCODING answers.
func ParseEncoding(name string) Encoding {
	for i, known := range encodingNames {
		if name == known {
			return Encoding(i)
		}
	}
	return EncodingUnknown
}
