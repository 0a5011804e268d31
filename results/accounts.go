package results

// Accounts sets what the servers say of each slot beside what the load
// generator knows of it.
type Accounts struct {
	// Keys compares the keys by slot after the preload with those that it wrote:
	// null where the target held others, or does not count by slot.
	Keys *KeyAgreement `json:"keys"`
	// OpsApart are the slots whose operations were counted differently in the
	// measurement, the largest differences first; see Skew.Accounts for the sums.
	OpsApart []SlotDifference `json:"ops_apart"`
}

// KeyAgreement is two counts of keys.
type KeyAgreement struct {
	Server     int64            `json:"server"`
	Client     int64            `json:"client"`
	SlotsApart int              `json:"slots_apart"` // slots where the two differ
	Apart      []SlotDifference `json:"apart"`       // of those the largest differences
	Bytes      int64            `json:"bytes"`       // that the servers account for the keys; -1: not told
	Keeping    string           `json:"keeping"`     // where the servers' count is from
}

// SlotDifference is a slot of which two accounts differ.
type SlotDifference struct {
	Slot   int   `json:"slot"`
	Server int64 `json:"server"`
	Client int64 `json:"client"`
}

// MaxApart is how many slots are named where accounts differ.
const MaxApart = 20
