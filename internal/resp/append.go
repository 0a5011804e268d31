package resp

import (
	"math"
	"strconv"
)

// AppendCommand appends a command: an array of bulk strings.
func AppendCommand[S ~string | ~[]byte](dst []byte, args ...S) []byte {
	dst = AppendArray(dst, len(args))
	for _, arg := range args {
		dst = AppendBulk(dst, arg)
	}
	return dst
}

// AppendArray appends the head of an array of n elements.
func AppendArray(dst []byte, n int) []byte { return appendLength(dst, '*', int64(n)) }

// AppendMap appends the head of a map of n pairs: in RESP2, an array of twice
// as many elements.
func AppendMap(dst []byte, proto, n int) []byte {
	if proto >= 3 {
		return appendLength(dst, '%', int64(n))
	}
	return appendLength(dst, '*', 2*int64(n))
}

// AppendSet appends the head of a set: in RESP2, of an array.
func AppendSet(dst []byte, proto, n int) []byte {
	if proto >= 3 {
		return appendLength(dst, '~', int64(n))
	}
	return AppendArray(dst, n)
}

// AppendPush appends the head of a push of n elements: in RESP2, of an array.
func AppendPush(dst []byte, proto, n int) []byte {
	if proto >= 3 {
		return appendLength(dst, '>', int64(n))
	}
	return AppendArray(dst, n)
}

// AppendBulk appends a bulk string.
func AppendBulk[S ~string | ~[]byte](dst []byte, s S) []byte {
	dst = appendLength(dst, '$', int64(len(s)))
	dst = append(dst, s...)
	return append(dst, '\r', '\n')
}

// AppendSimple appends a simple string; s holds no line end.
func AppendSimple[S ~string | ~[]byte](dst []byte, s S) []byte {
	dst = append(dst, '+')
	dst = append(dst, s...)
	return append(dst, '\r', '\n')
}

// AppendError appends an error; line ends in s become spaces.
func AppendError[S ~string | ~[]byte](dst []byte, s S) []byte {
	dst = append(dst, '-')
	for i := range len(s) {
		b := s[i]
		if b == '\r' || b == '\n' {
			b = ' '
		}
		dst = append(dst, b)
	}
	return append(dst, '\r', '\n')
}

// AppendInt appends an integer.
func AppendInt(dst []byte, n int64) []byte { return appendLength(dst, ':', n) }

// AppendBool appends a boolean: in RESP2, 1 or 0.
func AppendBool(dst []byte, proto int, b bool) []byte {
	switch {
	case proto >= 3 && b:
		return append(dst, "#t\r\n"...)
	case proto >= 3:
		return append(dst, "#f\r\n"...)
	case b:
		return append(dst, ":1\r\n"...)
	}
	return append(dst, ":0\r\n"...)
}

// AppendDouble appends a double: in RESP2, a bulk string. It is written with
// the fewest digits that read back the same.
func AppendDouble(dst []byte, proto int, f float64) []byte {
	var scratch [32]byte
	text := scratch[:0]
	switch {
	case math.IsInf(f, 1):
		text = append(text, "inf"...)
	case math.IsInf(f, -1):
		text = append(text, "-inf"...)
	case math.IsNaN(f):
		text = append(text, "nan"...)
	case f != 0 && (math.Abs(f) < 1e-5 || math.Abs(f) >= 1e21):
		text = strconv.AppendFloat(text, f, 'e', -1, 64)
	default:
		text = strconv.AppendFloat(text, f, 'f', -1, 64)
	}
	if proto < 3 {
		return AppendBulk(dst, text)
	}
	dst = append(dst, ',')
	dst = append(dst, text...)
	return append(dst, '\r', '\n')
}

// AppendNull appends null: in RESP2, the null bulk string.
func AppendNull(dst []byte, proto int) []byte {
	if proto >= 3 {
		return append(dst, "_\r\n"...)
	}
	return append(dst, "$-1\r\n"...)
}

// AppendNullArray appends null where RESP2 has the null array.
func AppendNullArray(dst []byte, proto int) []byte {
	if proto >= 3 {
		return append(dst, "_\r\n"...)
	}
	return append(dst, "*-1\r\n"...)
}

// AppendVerbatim appends text for people: in RESP2, a bulk string.
func AppendVerbatim[S ~string | ~[]byte](dst []byte, proto int, s S) []byte {
	if proto < 3 {
		return AppendBulk(dst, s)
	}
	dst = appendLength(dst, '=', int64(len(s)+4))
	dst = append(dst, "txt:"...)
	dst = append(dst, s...)
	return append(dst, '\r', '\n')
}

func appendLength(dst []byte, kind byte, n int64) []byte {
	dst = append(dst, kind)
	if n >= 0 && n < 10 {
		dst = append(dst, byte('0'+n))
	} else {
		dst = strconv.AppendInt(dst, n, 10)
	}
	return append(dst, '\r', '\n')
}
