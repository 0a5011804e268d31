package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// whole is a record in which every field that can be is set.
func whole() *Record {
	rec := &Record{Schema: Schema}
	fill(reflect.ValueOf(rec).Elem(), new(int))
	rec.Schema, rec.Started = Schema, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rec.Measured = rec.Started.Add(time.Second)
	return rec
}

// fill sets every field to another value.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text \"%d\" [1, 2]\n", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) + 0.25)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		if value.Kind() == reflect.Interface {
			value.Set(reflect.ValueOf("any"))
		} else {
			fill(value, n)
		}
		v.SetMapIndex(reflect.ValueOf("key"), value)
	default:
		panic("fill: " + v.Kind().String())
	}
}

func TestWrittenRunIsReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "one")
	rec := whole()
	for range 2 { // the second replaces the first
		if err := WriteRun(dir, rec); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, RunFile)} {
		back, err := ReadRun(path)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(rec, back) {
			t.Errorf("read back differently from %s", path)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("folder holds %v, %v", entries, err)
	}
}

func TestFailedWriteLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	// A folder in the file's place can't be replaced by a file.
	if err := os.MkdirAll(filepath.Join(dir, RunFile, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteRun(dir, whole()); err == nil || !strings.Contains(err.Error(), RunFile) {
		t.Errorf("error %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestUnmarshalErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                                     "unexpected end",
		`{}`:                                   `no "schema"`,
		`{"schema": 0}`:                        "schemas begin at 1",
		`{"schema": 2, "totals": "other"}`:     "schema 2 is newer than this program",
		"{\"schema\": 1,\n\"seconds\": \"x\"}": "line 2",
		"{\n\n\"schema\": 1,,}":                "line 3",
		`[1]`:                                  "cannot unmarshal array",
	} {
		if _, err := Unmarshal([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
	if _, err := ReadRun(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("of a missing folder: %v", err)
	}
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	rec, err := Unmarshal([]byte(`{"schema": 1, "name": "x", "invented": {"a": [1]}, "totals": {"requests": 5, "new": 1}}`))
	if err != nil || rec.Name != "x" || rec.Totals.Requests != 5 {
		t.Errorf("%+v, %v", rec, err)
	}
}

func TestMarshalMendsWhatJSONCannotHold(t *testing.T) {
	rec := &Record{Schema: Schema}
	rec.Totals.OpsPerSec = math.NaN()
	cpu, inf := math.Inf(1), math.Inf(-1)
	rec.Nodes = []Node{{CPUSeconds: &cpu}}
	rec.Migrations = []Migration{{P99DuringUS: &inf}}
	rec.Config.Workload = map[string]any{"exponent": math.Inf(1), "mix": []any{math.NaN(), "x"}}
	text, err := Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Unmarshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if back.Totals.OpsPerSec != 0 || back.Nodes[0].CPUSeconds != nil || back.Migrations[0].P99DuringUS != nil {
		t.Errorf("%+v", back)
	}
	if len(back.Checks) != 1 || !strings.Contains(back.Checks[0].Text, "totals.ops_per_sec, nodes.0.cpu_seconds, migrations.0.p99_during_us") {
		t.Errorf("checks %+v", back.Checks)
	}
	if bytes.Contains(text, []byte(`"reasons": null`)) || bytes.Contains(text, []byte(`"slots": null`)) {
		t.Error("a list is null")
	}
}

func TestListsOfNumbersStandOnOneLine(t *testing.T) {
	rec := whole()
	rec.Skew.Slots = make([]int64, 16384)
	text, err := Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(text, []byte("\n")); lines > 3000 {
		t.Errorf("%d lines", lines)
	}
	var compact, plain bytes.Buffer
	raw, _ := json.Marshal(rec)
	if err := json.Compact(&compact, text); err != nil {
		t.Fatal(err)
	}
	if err := json.Compact(&plain, raw); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(compact.Bytes(), plain.Bytes()) {
		t.Error("the content changed")
	}
}

// Every field of the record is named in FORMAT.md, and in the part about the
// object that it belongs to.
func TestFormatNamesEveryField(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z0-9_]+)`").FindAllStringSubmatch(string(text), -1) {
		named[m[1]] = true
	}
	fields := 0
	eachField(reflect.TypeFor[Record](), func(owner reflect.Type, name string) {
		fields++
		if !named[name] {
			t.Errorf("FORMAT.md does not name %s of %s", name, owner.Name())
		}
	})
	if fields < 150 {
		t.Errorf("only %d fields were looked at", fields)
	}
	if !strings.Contains(string(text), fmt.Sprintf("now **%d**", Schema)) {
		t.Errorf("FORMAT.md does not name schema %d", Schema)
	}
}

func eachField(typ reflect.Type, visit func(owner reflect.Type, name string)) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		eachField(typ.Elem(), visit)
	case reflect.Struct:
		for i := range typ.NumField() {
			if field := typ.Field(i); field.IsExported() {
				visit(typ, JSONName(field))
				eachField(field.Type, visit)
			}
		}
	}
}

// The names that scripts rely on.
func TestNamesToKeep(t *testing.T) {
	text, err := Marshal(whole())
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	latency := "{mean,p50,p90,p99,p999,max}"
	for _, pattern := range []string{
		"schema", "verdict.{status,reasons.0}",
		"totals.{requests,errors,ops_per_sec}", "totals.response_us." + latency, "totals.service_us." + latency,
		"totals.redirects.{moved,ask,tryagain}", "totals.redirected_us." + latency,
		"probe.ops_per_sec", "client.{cpu_seconds,requests_per_cpu_second}",
		"pacing.error_us.{p50,p99}", "pacing.{offered,sent}",
		"nodes.0.{addr,slots,keys,ops,cpu_seconds,rss_bytes}",
		"skew.keys.node_max_over_mean", "skew.ops.node_max_over_mean", "skew.slots.0",
		"migrations.0.{slots,keys,bytes,seconds,pause_ms,pause_resolution_ms,lost,doubled,unknown,p99_before_us,p99_during_us,p99_after_us}",
	} {
		for _, path := range spelledOut(pattern) {
			if err := follow(tree, strings.Split(path, ".")); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// spelledOut is a.{b,c} as a.b and a.c.
func spelledOut(pattern string) []string {
	head, list, ok := strings.Cut(pattern, "{")
	if !ok {
		return []string{pattern}
	}
	var all []string
	for name := range strings.SplitSeq(strings.TrimSuffix(list, "}"), ",") {
		all = append(all, head+name)
	}
	return all
}

func follow(tree any, path []string) error {
	for i, name := range path {
		if list, ok := tree.([]any); ok && name == "0" && len(list) > 0 {
			tree = list[0]
			continue
		}
		object, ok := tree.(map[string]any)
		if !ok || object[name] == nil {
			return fmt.Errorf("no %s", strings.Join(path[:i+1], "."))
		}
		tree = object[name]
	}
	return nil
}

func FuzzUnmarshal(f *testing.F) {
	seed, err := Marshal(whole())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"schema": 1}`))
	f.Add([]byte(`{"schema": 1, "skew": {"slots": [1, 2]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rec, err := Unmarshal(text)
		if err != nil {
			return
		}
		out, err := Marshal(rec)
		if err != nil {
			t.Fatalf("a record that was read can't be written: %v", err)
		}
		if _, err := Unmarshal(out); err != nil {
			t.Fatalf("a record that was written can't be read: %v", err)
		}
	})
}
