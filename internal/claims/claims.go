// Package claims recomputes what is often said about slot-sharded clusters.
// Every figure comes out of a computation with pinned seeds, none out of a
// table; what no computation can tell says so. It opens nothing and reads no
// clock.
package claims

import (
	"context"
	"fmt"
	"strings"
)

// Verdict says how a claim stands to what was computed.
type Verdict string

// The verdicts.
const (
	True        Verdict = "true"
	Partly      Verdict = "partly"
	False       Verdict = "false"
	NotComputed Verdict = "not computed" // a fact about a product or a text, which arithmetic cannot tell
)

// Finding is one claim and what came out.
type Finding struct {
	Claim   string  `json:"claim"`
	Verdict Verdict `json:"verdict"`
	Truth   string  `json:"truth"`
	How     string  `json:"how"`
	// Figures are the numbers of the truth, by name.
	Figures map[string]float64 `json:"figures,omitempty"`
}

// row is a claim, how it is recomputed, and the computation.
type row struct {
	claim, how string
	compute    func(context.Context) answer
}

// answer is what a computation says.
type answer struct {
	verdict Verdict
	truth   string
	figures map[string]float64
}

// figures collects numbers by name while a truth is put into words.
type figures map[string]float64

func (f figures) set(name string, x float64) float64 {
	f[name] = x
	return x
}

// All is how many claims there are.
func All() int { return len(rows()) }

func rows() []row {
	var all []row
	for _, some := range [][]row{hashRows, placementRows, gossipRows, articleRows, productRows} {
		all = append(all, some...)
	}
	return all
}

// Recompute computes every claim, and hands each finding on as it comes. It
// stops when ctx ends.
func Recompute(ctx context.Context, found func(Finding)) error {
	for _, r := range rows() {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		a := r.compute(ctx)
		if err := context.Cause(ctx); err != nil {
			return err
		}
		found(Finding{r.claim, a.verdict, a.truth, r.how, a.figures})
	}
	return nil
}

// judge is True or False.
func judge(holds bool) Verdict {
	if holds {
		return True
	}
	return False
}

// list puts formatted figures one after another.
func list(format string, numbers []float64) string {
	var parts []string
	for _, x := range numbers {
		parts = append(parts, fmt.Sprintf(format, x))
	}
	return strings.Join(parts, " / ")
}
