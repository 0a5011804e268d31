package script

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// appendNumber prints a number as Lua does, by C's "%.14g".
func appendNumber(dst []byte, f float64) []byte { return appendG(dst, f, 14) }

// appendG prints a number as C's "%.<digits>g".
func appendG(dst []byte, f float64, digits int) []byte {
	if n := int64(f); float64(n) == f && n < 1e14 && n > -1e14 && (n != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, n, 10)
	}
	switch {
	case math.IsNaN(f) && math.Signbit(f):
		return append(dst, "-nan"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	return strconv.AppendFloat(dst, f, 'g', digits, 64)
}

// maxSmall is below which whole numbers are made values once.
const maxSmall = 1024

var small = func() (values [maxSmall]lua.LValue) {
	for i := range values {
		values[i] = lua.LNumber(i)
	}
	return values
}()

// number is a number as a value.
func number(f float64) lua.LValue {
	if n := int(f); n >= 0 && n < maxSmall && float64(n) == f {
		return small[n]
	}
	return lua.LNumber(f)
}

// maxNumberBytes is the longest text that may be a number.
const maxNumberBytes = 200

// parseNumber reads a number as Lua's tonumber does: C's strtod, hexadecimal
// integers, and white space around them.
func parseNumber(text string) (float64, bool) {
	text = strings.Trim(text, " \t\n\v\f\r")
	if text == "" || len(text) > maxNumberBytes {
		return 0, false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) < 16 {
		return float64(n), true
	}
	digits := strings.TrimLeft(text, "+-")
	if len(text)-len(digits) > 1 || strings.Contains(text, "_") {
		return 0, false
	}
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		if !strings.ContainsAny(digits, ".pP") {
			n, err := strconv.ParseUint(digits[2:], 16, 64)
			if err != nil {
				return 0, false
			}
			return signed(float64(n), text), true
		}
		if !strings.ContainsAny(digits, "pP") {
			text += "p0"
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

func signed(f float64, text string) float64 {
	if text[0] == '-' {
		return -f
	}
	return f
}

// parseBase reads a whole number of another base than ten.
func parseBase(text string, base int) (float64, bool) {
	text = strings.Trim(text, " \t\n\v\f\r")
	digits := strings.TrimLeft(text, "+-")
	if len(text)-len(digits) > 1 || digits == "" || strings.Contains(digits, "_") {
		return 0, false
	}
	if base == 16 && len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		digits = digits[2:]
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil && n != math.MaxUint64 {
		return 0, false
	}
	if text[0] == '-' {
		n = -n // as strtoul does
	}
	return float64(n), true
}

// truncate is a number as an integer, as C's cast makes it on x86.
func truncate(f float64) int64 {
	if f >= math.MinInt64 && f < math.MaxInt64 {
		return int64(f)
	}
	return math.MinInt64
}
