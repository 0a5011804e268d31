package results

// Skew is how evenly keys and operations fall on nodes and slots.
type Skew struct {
	Keys        NodeSkew   `json:"keys"`
	Ops         NodeSkew   `json:"ops"`
	Slots       []int64    `json:"slots"`      // operations by slot, of the measurement
	SlotsUsed   int        `json:"slots_used"` // slots with at least one operation
	HottestSlot []HotSlot  `json:"hottest_slots"`
	HottestTags []HotTag   `json:"hottest_tags"`
	TagsOneIn   int        `json:"tags_one_in"` // one request in so many was looked at for its tag; 0: none was
	TagSamples  int64      `json:"tag_samples"` // requests that were looked at
	Statistics  *SlotSkew  `json:"statistics"`
	Reading     string     `json:"reading"` // one honest sentence
	Accounts    *Agreement `json:"accounts"`
}

// NodeSkew compares the fullest node with the mean.
type NodeSkew struct {
	MaxOverMean float64 `json:"node_max_over_mean"`
	// BandLow and BandHigh hold max/mean in 95 of 100 cases if keys fell on
	// slots at random and the nodes' slots are what they are.
	BandLow  float64 `json:"band_low"`
	BandHigh float64 `json:"band_high"`
	Nodes    int     `json:"nodes"`
	Total    int64   `json:"total"`
}

// HotSlot is a slot with many operations.
type HotSlot struct {
	Slot  int     `json:"slot"`
	Ops   int64   `json:"ops"`
	Share float64 `json:"share"`
	Node  string  `json:"node"` // its owner at the end
}

// HotTag is a hash tag with many operations. Its figures are estimates where
// Skew.TagsOneIn is above 1: what the sample holds, times TagsOneIn.
type HotTag struct {
	Tag   string  `json:"tag"` // as it is, or as a quoted Go string where it is not printable text
	Slot  int     `json:"slot"`
	Ops   int64   `json:"ops"` // an upper bound; the sample's count is at least Ops-Error
	Error int64   `json:"error"`
	Share float64 `json:"share"` // of the requests that were looked at
}

// SlotSkew is how unevenly operations fall on slots.
type SlotSkew struct {
	CV       float64 `json:"cv"` // standard deviation / mean
	Gini     float64 `json:"gini"`
	Top1Pct  float64 `json:"top_1pct_share"` // the share of the fullest 1 % of slots
	Top10Pct float64 `json:"top_10pct_share"`
	MaxShare float64 `json:"max_share"` // of the fullest slot
}

// Agreement compares the server's account of operations by slot with ours.
type Agreement struct {
	ServerOps  int64 `json:"server_ops"`
	ClientOps  int64 `json:"client_ops"`
	SlotsApart int   `json:"slots_apart"` // slots where the two differ
	Explained  bool  `json:"explained"`   // the difference is not larger than the redirected and unknown requests
}
