package workloads

import (
	"fmt"
	"strings"
)

// A key template is text with numbers in it:
//
//	%d      the key's number in its family, from 0 (less what ranges take)
//	%08d    the same, padded with zeros to 8 digits; %x, %08x: hexadecimal
//	%[N]d   the number named N: tag, member, or one of the family's ranges
//	%[slot]s  a text that hashes to the spec's slot
//	%[pad]s   as many x as fill the key up to its size, one at least
//	%[pad]d   the same with zeros
//	%%      a percent sign
//
// Braces are no syntax: they stand in the key as written, and the pair that
// Redis takes for the hash tag decides the slot.

// fieldKind says which number a field shows.
type fieldKind uint8

const (
	literalField fieldKind = iota
	idField                // the key's number, divided by the product of the ranges
	tagField
	memberField
	rangeField // the key's number, divided and reduced
	slotField  // only between parseTemplate and compile, which makes it text
	padField   // x or zeros, up to the key's size
)

// part is a piece of a template: text, or a number.
type part struct {
	text  string // literalField
	kind  fieldKind
	name  string // in brackets, "" without any
	hex   bool
	zeros bool  // padField: zeros, not x
	width int   // padded to so many digits
	div   int64 // idField, rangeField
	mod   int64 // rangeField
}

// parseTemplate reads a template and refuses one whose keys could not be told
// apart: a number must end where its text says so.
func parseTemplate(text string) ([]part, error) {
	if len(text) > MaxTemplateBytes {
		return nil, fmt.Errorf("is %d bytes long, the limit is %d", len(text), MaxTemplateBytes)
	}
	var parts []part
	for text != "" {
		percent := strings.IndexByte(text, '%')
		if percent < 0 {
			percent = len(text)
		}
		literal := text[:percent]
		text = text[percent:]
		for strings.HasPrefix(text, "%%") {
			next := strings.IndexByte(text[2:], '%')
			if next < 0 {
				next = len(text) - 2
			}
			literal += text[1 : 2+next]
			text = text[2+next:]
		}
		if literal != "" {
			parts = append(parts, part{text: literal})
		}
		if text == "" {
			break
		}
		field, rest, err := parseField(text)
		if err != nil {
			return nil, err
		}
		parts, text = append(parts, field), rest
	}
	return parts, separated(parts)
}

// parseField reads one field; text begins with its percent sign.
func parseField(text string) (field part, rest string, err error) {
	rest = text[1:]
	if strings.HasPrefix(rest, "[") {
		end := strings.IndexByte(rest, ']')
		if end < 2 {
			return part{}, "", fmt.Errorf("has %q without a name in brackets; write %%[NAME]d", clip(text))
		}
		field.name, rest = rest[1:end], rest[end+1:]
	}
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	widthText := rest[:digits]
	rest = rest[digits:]
	if widthText != "" {
		if widthText[0] != '0' || len(widthText) > 3 {
			return part{}, "", fmt.Errorf("has %q: numbers are padded with zeros, as %%08d", clip(text))
		}
		for _, digit := range widthText {
			field.width = field.width*10 + int(digit-'0')
		}
		if field.width == 0 || field.width > MaxFieldWidth {
			return part{}, "", fmt.Errorf("has %q: a number is padded to 1 to %d digits", clip(text), MaxFieldWidth)
		}
	}
	verb := byte(0)
	if rest != "" {
		verb, rest = rest[0], rest[1:]
	}
	switch {
	case field.name == "slot" && verb == 's' && field.width == 0:
		field.kind = slotField
		return field, rest, nil
	case field.name == "pad" && (verb == 's' || verb == 'd') && field.width == 0:
		field.kind, field.zeros = padField, verb == 'd'
		return field, rest, nil
	case field.name == "pad":
		return part{}, "", fmt.Errorf("has %q: what fills a key up is written %%[pad]s, or %%[pad]d for zeros", clip(text))
	case field.name == "slot":
		return part{}, "", fmt.Errorf("has %q: the slot's text is written %%[slot]s", clip(text))
	case verb == 'x':
		field.hex = true
	case verb != 'd':
		return part{}, "", fmt.Errorf("has %q: want %%d, %%x, %%08d, %%[NAME]d, or %%%% for a percent sign", clip(text))
	}
	switch field.name {
	case "":
		field.kind = idField
	case "tag":
		field.kind = tagField
	case "member":
		field.kind = memberField
	default:
		field.kind = rangeField
	}
	return field, rest, nil
}

// clip shortens text for an error.
func clip(text string) string {
	const most = 24
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// separated demands that no number runs into what follows it.
func separated(parts []part) error {
	for i, p := range parts {
		if p.kind == literalField || i+1 == len(parts) {
			continue
		}
		next := parts[i+1]
		if next.kind != literalField && next.kind != p.kind && (next.kind == padField && !next.zeros || p.kind == padField && !p.zeros) {
			continue // a number and x, or x and a number
		}
		if next.kind != literalField || p.holds(next.text[0]) {
			return fmt.Errorf("has a number that runs into what follows it, so that two keys could be one; put a sign such as ':' between")
		}
	}
	return nil
}

// holds says whether a byte could be one of the field's.
func (p *part) holds(b byte) bool {
	if p.kind == padField {
		return b == p.filler()
	}
	return '0' <= b && b <= '9' || p.hex && 'a' <= b && b <= 'f'
}
