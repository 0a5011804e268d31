package driver

import (
	"strconv"

	"slotbench/results"
	"slotbench/workloads"
)

// certify writes what was sent against what was asked.
func (e *engine) certify(m *measurement) {
	if m.census == nil {
		return
	}
	sent := m.census.Sent()
	out := &results.Certificate{
		OneIn: sent.OneIn, Samples: sent.Samples, Strange: sent.Strange,
		Families: []results.CertifiedFamily{}, Operations: []results.CertifiedOperation{},
	}
	for i, f := range sent.Families {
		one := certifiedFamily(f)
		if i < results.MaxSpreadFamilies {
			one.Ranks, one.KeySizes = certifiedSpread(f.Ranks), certifiedSpread(f.KeySizes)
			one.ValueSizes, one.TagSizes = certifiedSpread(f.ValueSizes), certifiedSpread(f.TagSizes)
		}
		out.Families = append(out.Families, one)
	}
	e.certifyMix(out, m.result.Operations, sent.Operations)
	shares, why := e.Workload.SlotShares()
	if shares == nil {
		out.SlotsNote = why
	} else {
		apart, byChance := workloads.Distance(m.result.Slots, workloads.FoldShares(shares, len(m.result.Slots)), e.Workload.StepsAtOnce())
		out.Slots = &results.Distance{Distance: apart, ByChance: byChance}
	}
	e.rec.Certificate = out
}

// certifyMix compares the operations' shares of the requests.
func (e *engine) certifyMix(out *results.Certificate, counted []results.Operation, ttls []workloads.OperationSent) {
	var counts []int64
	var asked []float64
	total := int64(0)
	for i, op := range e.Workload.Ops() {
		if i < len(counted) {
			counts, asked = append(counts, counted[i].Requests), append(asked, op.Weight)
			total += counted[i].Requests
		}
	}
	for i, op := range e.Workload.Ops() {
		if i >= len(counted) || op.Weight == 0 || total == 0 {
			continue
		}
		one := results.CertifiedOperation{
			Name:  op.Name,
			Share: results.AskedSent{Asked: op.Weight, Sent: float64(counts[i]) / float64(total)},
		}
		for _, t := range ttls {
			if t.Operation == i {
				one.TTLSeconds = &results.AskedSent{Asked: t.Mean.Asked, Sent: t.Mean.Sent}
				one.TTLMin, one.TTLMax = &t.Min, &t.Max
			}
		}
		out.Operations = append(out.Operations, one)
	}
	out.Mix.Distance, out.Mix.ByChance = workloads.Distance(counts, asked, e.Workload.StepsAtOnce())
}

func certifiedFamily(f workloads.FamilySent) results.CertifiedFamily {
	out := results.CertifiedFamily{
		Name: f.Name, Samples: f.Samples, Popularity: f.Popularity,
		KeyBytes: certifiedSizes(f.KeyBytes), ValueBytes: certifiedSizes(f.ValueBytes),
	}
	if f.Exponent != nil {
		out.Exponent = &results.CertifiedExponent{
			Asked: f.Exponent.Asked, Sent: f.Exponent.Sent, Margin: f.Exponent.Margin,
		}
	}
	if f.TagKeys != nil {
		out.TagKeys = &results.AskedSent{Asked: f.TagKeys.Asked, Sent: f.TagKeys.Sent}
	}
	return out
}

func certifiedSizes(s *workloads.SizesSent) *results.CertifiedSizes {
	if s == nil {
		return nil
	}
	return &results.CertifiedSizes{
		Mean: results.AskedSent{Asked: s.Mean.Asked, Sent: s.Mean.Sent},
		P50:  s.P50, P99: s.P99, Min: s.Min, Max: s.Max, Samples: s.Samples,
	}
}

// shareDigits is how finely a record tells shares of a spread: the sample's
// own error is larger.
const shareDigits = 5

func certifiedSpread(s *workloads.SpreadSent) *results.CertifiedSpread {
	if s == nil {
		return nil
	}
	out := &results.CertifiedSpread{UpTo: s.Tops, Samples: s.Samples, Asked: []float64{}}
	for _, share := range s.Asked {
		out.Asked = append(out.Asked, rounded(share))
	}
	for _, share := range s.Sent {
		out.Sent = append(out.Sent, rounded(share))
	}
	return out
}

// rounded is a number of shareDigits.
func rounded(x float64) float64 {
	near, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', shareDigits, 64), 64)
	if err != nil {
		return x
	}
	return near
}
