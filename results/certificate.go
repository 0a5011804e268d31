package results

// Certificate says what was really sent in the measurement against what the
// workload asked for. All but the mix and the operations by slot, which are
// exact, is of a sample of the requests, read from their bytes.
type Certificate struct {
	OneIn      int                  `json:"one_in"`  // one request in so many was looked at
	Samples    int64                `json:"samples"` // that were
	Strange    int64                `json:"strange"` // of them, those whose key is of no family
	Families   []CertifiedFamily    `json:"families"`
	Operations []CertifiedOperation `json:"operations"`
	Mix        Distance             `json:"mix"`
	Slots      *Distance            `json:"slots"`                // null: nothing to compare with, see SlotsNote
	SlotsNote  string               `json:"slots_note,omitempty"` // why
}

// Distance is how far counts are from the shares that were asked for.
type Distance struct {
	Distance float64 `json:"distance"`  // the part of the requests that would have to be elsewhere
	ByChance float64 `json:"by_chance"` // what that is on average for as many independent draws
}

// CertifiedFamily is what was sent to a family's keys. A figure is null where
// nothing of it was seen, or it has no meaning.
type CertifiedFamily struct {
	Name       string             `json:"name"`
	Samples    int64              `json:"samples"`
	Popularity string             `json:"popularity"` // as asked, for people
	Exponent   *CertifiedExponent `json:"exponent"`   // of Zipf's law; uniform popularity is one of 0
	KeyBytes   *CertifiedSizes    `json:"key_bytes"`
	ValueBytes *CertifiedSizes    `json:"value_bytes"`
	TagKeys    *AskedSent         `json:"tag_keys"` // mean number of keys of the tag that a request's key has
	// How the requests spread; null beyond the first MaxSpreadFamilies.
	Ranks      *CertifiedSpread `json:"by_rank"` // of the popularity of their keys, from 1
	KeySizes   *CertifiedSpread `json:"by_key_bytes"`
	ValueSizes *CertifiedSpread `json:"by_value_bytes"`
	TagSizes   *CertifiedSpread `json:"by_tag_keys"`
}

// CertifiedExponent is the asked exponent and the one that fits best.
type CertifiedExponent struct {
	Asked  float64 `json:"asked"`
	Sent   float64 `json:"sent"`
	Margin float64 `json:"margin"` // 95 % of such fits lie within it of the truth
}

// CertifiedSizes is sizes in bytes; quantiles are at most an eighth too high.
type CertifiedSizes struct {
	Mean    AskedSent `json:"mean"`
	P50     int       `json:"p50"`
	P99     int       `json:"p99"`
	Min     int       `json:"min"`
	Max     int       `json:"max"`
	Samples int64     `json:"samples"`
}

// AskedSent is a figure that was asked for and what was sent.
type AskedSent struct {
	Asked float64 `json:"asked"`
	Sent  float64 `json:"sent"`
}

// CertifiedOperation is an operation's share of the requests, and its times to
// live where it has any.
type CertifiedOperation struct {
	Name       string     `json:"name"`
	Share      AskedSent  `json:"share"`
	TTLSeconds *AskedSent `json:"ttl_seconds_mean"`
	TTLMin     *float64   `json:"ttl_seconds_min"`
	TTLMax     *float64   `json:"ttl_seconds_max"`
}

// MaxSpreadFamilies is how many families have their spreads in a record: each
// takes up to 25 kB.
const MaxSpreadFamilies = 32

// CertifiedSpread is how requests spread over bins that end at UpTo, each
// behind the one before. Bins without anything asked or sent are left out.
type CertifiedSpread struct {
	UpTo    []int64   `json:"up_to"`
	Asked   []float64 `json:"asked_share"` // of the requests; empty: not known
	Sent    []float64 `json:"sent_share"`
	Samples int64     `json:"samples"`
}
