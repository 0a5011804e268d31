package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// Marshal is the content of run.json: indented JSON with lists of numbers on
// one line. It completes rec first: a list that is nil becomes an empty one,
// and a figure that is no number (a quotient by zero), which JSON can't hold,
// becomes null or 0 with a Check that says so. A run's record is never lost to
// one bad figure.
func Marshal(rec *Record) ([]byte, error) {
	var bad []string
	complete(reflect.ValueOf(rec).Elem(), "", &bad)
	if len(bad) > 0 {
		rec.Checks = append(rec.Checks, Check{
			Level: LevelWarning,
			Text:  "could not be computed: " + strings.Join(bad, ", "),
		})
	}
	text, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("run record: %w", err)
	}
	return append(joinNumbers(text), '\n'), nil
}

// complete walks a record and mends what JSON cannot say. It answers
// false of a number that has to become null.
func complete(v reflect.Value, path string, bad *[]string) (ok bool) {
	switch v.Kind() {
	case reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			*bad = append(*bad, path)
			v.SetFloat(0)
			return false
		}
	case reflect.Pointer:
		if !v.IsNil() && !complete(v.Elem(), path, bad) {
			v.SetZero()
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.IsExported() && v.Field(i).CanSet() {
				complete(v.Field(i), joinPath(path, JSONName(field)), bad)
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			complete(v.Index(i), fmt.Sprintf("%s.%d", path, i), bad)
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
		if free, ok := v.Interface().(map[string]any); ok {
			finite(free)
		}
	}
	return true
}

// finite replaces numbers that JSON can't hold by their names, in place, in
// the values that a configuration is made of. Such a number was given so, and
// is no figure that is missing.
func finite(value any) any {
	switch value := value.(type) {
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return fmt.Sprint(value)
		}
	case map[string]any:
		for key, inner := range value {
			value[key] = finite(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = finite(inner)
		}
	}
	return value
}

// JSONName is a struct field's name in JSON.
func JSONName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "" {
		return field.Name
	}
	return name
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// joinNumbers puts indented lists that hold only numbers on one line each:
// operations by slot are 16384 of them.
func joinNumbers(text []byte) []byte {
	out := make([]byte, 0, len(text))
	quoted := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\':
			out = append(out, c)
			i++
			c = text[i]
		case c == '"':
			quoted = !quoted
		case c == '[' && !quoted:
			list := text[i : i+1+bytes.IndexByte(text[i:], ']')]
			if bytes.ContainsAny(list[1:], `"[{tfn`) {
				break
			}
			out = append(out, bytes.Join(bytes.Fields(list), nil)...)
			i += len(list) - 1
			continue
		}
		out = append(out, c)
	}
	return out
}
