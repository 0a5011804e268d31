package workloads

import "math"

// fitZipf finds the exponent of Zipf's law over n ranks that draws with this
// mean logarithm of their rank most likely come from, and 1.96 of its standard
// errors with so many draws. The likelihood of Zipf's law depends on the draws
// by that mean alone. An exponent below 0 is told as 0.
func fitZipf(n int64, meanLog float64, draws int64) (exponent, margin float64) {
	low, high := 0.0, float64(MaxExponent)
	if expected, _ := logRank(n, 0); meanLog < expected {
		for range 60 {
			middle := (low + high) / 2
			if expected, _ := logRank(n, middle); expected > meanLog {
				low = middle
			} else {
				high = middle
			}
		}
		exponent = (low + high) / 2
	}
	_, variance := logRank(n, exponent)
	if variance <= 0 || draws == 0 {
		return exponent, 0
	}
	const sureness = 1.96
	return exponent, sureness / math.Sqrt(variance*float64(draws))
}

// exactRanks is how many ranks a sum goes through one by one. The rest is an
// integral, whose error is below 1e-9 there.
const exactRanks = 4096

// logRank is mean and variance of the logarithm of a rank.
func logRank(n int64, exponent float64) (mean, variance float64) {
	var sum, first, second float64
	for rank := int64(1); rank <= min(n, exactRanks); rank++ {
		log := math.Log(float64(rank))
		weight := math.Exp(-exponent * log)
		sum, first, second = sum+weight, first+weight*log, second+weight*log*log
	}
	if n > exactRanks { // in the logarithm of the rank, by Simpson's rule
		const pieces = 512
		from, to := math.Log(exactRanks+0.5), math.Log(float64(n)+0.5)
		step := (to - from) / pieces
		for i := range pieces + 1 {
			factor := 2.0
			switch {
			case i == 0 || i == pieces:
				factor = 1
			case i%2 == 1:
				factor = 4
			}
			log := from + float64(i)*step
			weight := factor * step / 3 * math.Exp((1-exponent)*log)
			sum, first, second = sum+weight, first+weight*log, second+weight*log*log
		}
	}
	mean = first / sum
	return mean, second/sum - mean*mean
}

// Distance is the total variation distance of counts from shares: which part
// of the counts would have to be elsewhere. byChance is what it is on average
// for counts that were drawn by the shares, so many at once (1: each by itself).
// There are at least as many shares as counts.
func Distance(counts []int64, shares []float64, atOnce float64) (apart, byChance float64) {
	total := 0.0
	for _, c := range counts {
		total += float64(c)
	}
	if total == 0 {
		return 0, 0
	}
	for i, c := range counts {
		apart += math.Abs(float64(c)/total - shares[i])
		byChance += poissonDeviation(shares[i]*total/atOnce) * atOnce / total
	}
	return apart / 2, byChance / 2
}

// poissonDeviation is the mean absolute deviation of a Poisson number from its
// mean (Crow, Annals of Mathematical Statistics 29, 1958).
func poissonDeviation(mean float64) float64 {
	if mean <= 0 {
		return 0
	}
	whole := math.Floor(mean)
	logGamma, _ := math.Lgamma(whole + 1)
	return 2 * math.Exp((whole+1)*math.Log(mean)-mean-logGamma)
}
