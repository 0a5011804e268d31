package report

import (
	"math"
	"strconv"
	"strings"
)

// none stands for a figure that could not be had.
const none = "–"

// Significant digits: of times, whose histograms have three, and of rates and
// sizes.
const (
	timeDigits = 3
	rateDigits = 4
)

// significant is x in so many significant digits, without an exponent and
// with commas between thousands: 20008.1 in four is 20,010.
func significant(x float64, digits int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return none
	}
	decimals := decimalsFor(x, digits)
	if decimals < 0 {
		unit := math.Pow10(-decimals)
		x, decimals = math.Round(x/unit)*unit, 0
	}
	return thousands(strconv.FormatFloat(x, 'f', decimals, 64))
}

// decimalsFor is how many decimals show so many significant digits of x;
// negative where digits before the point are rounded too.
func decimalsFor(x float64, digits int) int {
	if x == 0 {
		return 0
	}
	// Rounding first: 9.996 in three digits is 10.0 and has one decimal.
	text := strconv.FormatFloat(math.Abs(x), 'e', digits-1, 64)
	exponent, _ := strconv.Atoi(text[strings.IndexByte(text, 'e')+1:])
	return digits - 1 - exponent
}

// thousands puts commas into a decimal number.
func thousands(text string) string {
	whole, fraction, _ := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// count is an exact number of things.
func count(n int64) string { return thousands(strconv.FormatInt(n, 10)) }

// counted is a number of things with their name, which takes an s.
func counted(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return count(n) + " " + thing + "s"
}

// scaled is x with the largest of the units (each a thousand times the one
// before) in which it is at least 1.
func scaled(x float64, digits int, units ...string) string {
	i := 0
	// 999.9 in three digits is a thousand, and so 1.00 of the next.
	for i < len(units)-1 && math.Abs(x) >= 1000-0.5*math.Pow10(3-digits) {
		x, i = x/1000, i+1
	}
	return significant(x, digits) + " " + units[i]
}

// micros is a time in microseconds.
func micros(us float64) string {
	if us == 0 {
		return "0"
	}
	return scaled(us*1000, timeDigits, "ns", "µs", "ms", "s")
}

func millis(ms float64) string { return micros(ms * 1e3) }

func seconds(s float64) string { return micros(s * 1e6) }

// size is a number of bytes, in thousands.
func size(bytes float64) string { return scaled(bytes, timeDigits, "B", "kB", "MB", "GB", "TB") }

// rate is a number of operations a second.
func rate(perSecond float64) string { return significant(perSecond, rateDigits) + "/s" }

// percent is a share.
func percent(share float64) string {
	decimals := 1
	if math.Abs(share) < 0.01 {
		decimals = 2
	}
	return strconv.FormatFloat(share*100, 'f', decimals, 64) + " %"
}

// ratio is a figure near 1, such as max/mean.
func ratio(x float64) string {
	if x <= 0 {
		return none
	}
	if x < 10 {
		return strconv.FormatFloat(x, 'f', 3, 64)
	}
	return significant(x, rateDigits)
}

// optional is format of a figure that may be missing.
func optional(x *float64, format func(float64) string) string {
	if x == nil {
		return none
	}
	return format(*x)
}
