package rdb

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc64"
	"math/rand/v2"
	"strings"
	"testing"
)

// dumps are what real servers answered to DUMP, by their version: Redis 7.0,
// Redis 8.0 and Valkey 9.1.
var dumps = []struct {
	text    string
	hexDump [3]string
	same    bool // AppendDump writes the same bytes as Redis 7.0
}{
	{"", [3]string{"00000a005d9b5c400f7fa2da", "00000c0096ed6880f5553c93", "0000500092b195d1912dc52e"}, true},
	{"0", [3]string{"00c0000a009840a778f8500308", "00c0000c00533693b8027a9d41", "00c0005000576a6ee9660264fc"}, true},
	{"-1", [3]string{"00c0ff0a000c937e2485089dc5", "00c0ff0c00c7e54ae47f22038c", "00c0ff5000c3b9b7b51b5afa31"}, true},
	{"127", [3]string{"00c07f0a000db5eb315254c514", "00c07f0c00c6c3dff1a87e5b5d", "00c07f5000c29f22a0cc06a2e0"}, true},
	{"128", [3]string{"00c180000a00eb7ab3b510cf4b65", "00c180000c00200c8775eae5d52c", "00c18000500024507a248e9d2c91"}, true},
	{"-32768", [3]string{"00c100800a00b540064753bb1ace", "00c100800c007e363287a9918487", "00c1008050007a6acfd6cde97d3a"}, true},
	{"65535", [3]string{"00c2ffff00000a00d1484116733d3a95", "00c2ffff00000c001a3e75d68917a4dc", "00c2ffff000050001e628887ed6f5d61"}, true},
	{"2147483647", [3]string{"00c2ffffff7f0a002c74e59ee02eada1", "00c2ffffff7f0c00e702d15e1a0433e8", "00c2ffffff7f5000e35e2c0f7e7cca55"}, true},
	{"-2147483648", [3]string{"00c2000000800a00c74f873e33558187", "00c2000000800c000c39b3fec97f1fce", "00c200000080500008654eafad07e673"}, true},
	{"2147483648", [3]string{"000a323134373438333634380a00e7b129a34c1d76ee", "000a323134373438333634380c002cc71d63b637e8a7", "000a323134373438333634385000289be032d24f111a"}, true},
	{"007", [3]string{"00033030370a007258e27b4c69bad9", "00033030370c00b92ed6bbb6432490", "00033030375000bd722bead23bdd2d"}, true},
	{"-0", [3]string{"00022d300a00d5411fd9d6d050cc", "00022d300c001e372b192cface85", "00022d3050001a6bd64848823738"}, true},
	{"+1", [3]string{"00022b310a00c286f0d7439aee6f", "00022b310c0009f0c417b9b07026", "00022b3150000dac3946ddc8899b"}, true},
	{"hello", [3]string{"000568656c6c6f0a006372df766534200a", "000568656c6c6f0c00a804ebb69f1ebe43", "000568656c6c6f5000ac5816e7fb6647fe"}, true},
	{"9223372036854775807", [3]string{
		"0013393232333337323033363835343737353830370a003a657e9481e85f22",
		"0013393232333337323033363835343737353830370c00f1134a547bc2c16b",
		"0013393232333337323033363835343737353830375000f54fb7051fba38d6"}, true},
	{strings.Repeat("a", 64), [3]string{
		"00c3094040016161e033000161610a00c3659612ce1cc46c",
		"00c3094040016161e033000161610c000813a2d234365a25",
		"00c3094040016161e0330001616150000c4f5f83504ea398"}, false},
	{strings.Repeat("abcdefgh", 10), [3]string{
		"00c310405008616263646566676861e03c070167680a000db0c4745d888f3c",
		"00c310405008616263646566676861e03c070167680c00c6c6f0b4a7a21175",
		"00c310405008616263646566676861e03c070167685000c29a0de5c3dae8c8"}, false},
	{strings.Repeat("x", 600), [3]string{
		"00c30f4258017878e0ff00e0ff00e03b000178780a00d6c65b8cf9bd3e3a",
		"00c30f4258017878e0ff00e0ff00e03b000178780c001db06f4c0397a073",
		"00c30f4258017878e0ff00e0ff00e03b00017878500019ec921d67ef59ce"}, false},
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	p, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// seal gives a body the footer of a version.
func seal(body []byte, version uint16) []byte {
	p := binary.LittleEndian.AppendUint16(bytes.Clone(body), version)
	return binary.LittleEndian.AppendUint64(p, CRC64(0, p))
}

func TestReadDumpOfRealServers(t *testing.T) {
	for _, d := range dumps {
		for _, text := range d.hexDump {
			var v Value
			if err := v.ReadDump(unhex(t, text)); err != nil || v.Kind != String || string(v.Text(0)) != d.text {
				t.Errorf("ReadDump(%s): %q, %v; want %q", text, holds(&v), err, d.text)
			}
		}
	}
}

func TestAppendDumpIsRedis7sBytes(t *testing.T) {
	for _, d := range dumps {
		got := AppendDump(nil, TypeString, []byte(d.text))
		if same := hex.EncodeToString(got) == d.hexDump[0]; same != d.same {
			t.Errorf("AppendDump(%q) = %x, Redis 7.0 has %s", d.text, got, d.hexDump[0])
		}
		if len(got) != DumpSize([]byte(d.text)) {
			t.Errorf("AppendDump(%q) takes %d bytes, DumpSize says %d", d.text, len(got), DumpSize([]byte(d.text)))
		}
	}
}

func TestReadDumpRefuses(t *testing.T) {
	hello := unhex(t, dumps[13].hexDump[0])
	damaged := bytes.Clone(hello)
	damaged[2] ^= 1
	cases := []struct {
		name    string
		payload []byte
		want    error
	}{
		{"nothing", nil, ErrChecksum},
		{"a footer cut short", hello[len(hello)-9:], ErrChecksum},
		{"a damaged byte", damaged, ErrChecksum},
		{"version 8", seal([]byte("\x00\x01a"), 8), ErrChecksum},
		{"version 13", seal([]byte("\x00\x01a"), 13), ErrChecksum},
		{"version 79", seal([]byte("\x00\x01a"), 79), ErrChecksum},
		{"version 81", seal([]byte("\x00\x01a"), 81), ErrChecksum},
		{"no type", seal(nil, 10), ErrFormat},
		{"no string", seal([]byte{0}, 10), ErrFormat},
		{"a length beyond the payload", seal([]byte("\x00\x05abcd"), 10), ErrFormat},
		{"a 32-bit length beyond the payload", seal([]byte("\x00\x80\xff\xff\xff\xffabcd"), 10), ErrFormat},
		{"a 64-bit length beyond the payload", seal([]byte("\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff"), 10), ErrFormat},
		{"an unknown length", seal([]byte("\x00\x82abcd"), 10), ErrFormat},
		{"an unknown encoding", seal([]byte("\x00\xc4abcd"), 10), ErrFormat},
		{"an integer cut short", seal([]byte("\x00\xc2abc"), 10), ErrFormat},
		{"bytes behind the string", seal([]byte("\x00\x01ab"), 10), ErrFormat},
		{"LZF that claims 512 MiB", seal([]byte("\x00\xc3\x03\x80\x20\x00\x00\x00\x01aa"), 10), ErrFormat},
		{"LZF that makes too little", seal([]byte("\x00\xc3\x03\x05\x01aa"), 10), ErrFormat},
		{"LZF that makes too much", seal([]byte("\x00\xc3\x03\x01\x01aa"), 10), ErrFormat},
		{"LZF that copies from before its start", seal([]byte("\x00\xc3\x04\x04\x00a\x20\x01"), 10), ErrFormat},
		{"LZF that ends in a literal", seal([]byte("\x00\xc3\x02\x05\x04a"), 10), ErrFormat},
		{"LZF that ends in a copy", seal([]byte("\x00\xc3\x03\x05\x00a\xe0"), 10), ErrFormat},
	}
	for _, c := range cases {
		var v Value
		if err := v.ReadDump(c.payload); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestLengths(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 16383, 16384, 70000} {
		if text := make([]byte, n); len(AppendDump(nil, TypeString, text)) != DumpSize(text) {
			t.Errorf("DumpSize of %d bytes is %d, they take %d", n, DumpSize(text), len(AppendDump(nil, TypeString, text)))
		}
	}
	for _, n := range []uint64{0, 1, 63, 64, 16383, 16384, 1<<32 - 1, 1 << 32, 1<<64 - 1} {
		p := AppendLength(nil, n)
		if got, size := ReadLength(p); got != n || size != len(p) {
			t.Errorf("length %d: read %d in %d of %d bytes", n, got, size, len(p))
		}
		for cut := range p {
			if _, size := ReadLength(p[:cut]); size != 0 {
				t.Errorf("length %d cut to %d bytes was read", n, cut)
			}
		}
	}
}

func TestCRC64(t *testing.T) {
	if got := CRC64(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Errorf("CRC64 = %x, want e9c6d914c4b8d9ca", got)
	}
	random := rand.New(rand.NewPCG(1, 2))
	table := crc64.MakeTable(polynomial)
	for size := range 70 {
		p := make([]byte, size)
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		if got, want := CRC64(0, p), ^crc64.Update(^uint64(0), table, p); got != want {
			t.Errorf("CRC64 of %x = %x, hash/crc64 has %x", p, got, want)
		}
		if got := CRC64(CRC64(0, p[:size/3]), p[size/3:]); got != CRC64(0, p) {
			t.Errorf("CRC64 in two steps of %x differs", p)
		}
	}
}

func TestDumpAllocatesNothing(t *testing.T) {
	text := bytes.Repeat([]byte("v"), 1000)
	payload := make([]byte, 0, DumpSize(text))
	var v Value
	got := testing.AllocsPerRun(100, func() {
		payload = AppendDump(payload[:0], TypeString, text)
		if err := v.ReadDump(payload); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 || !bytes.Equal(v.Text(0), text) {
		t.Errorf("%v allocations, want none", got)
	}
}

func FuzzDumpRoundTrip(f *testing.F) {
	for _, d := range dumps {
		f.Add([]byte(d.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		payload := AppendDump(nil, TypeString, text)
		var v Value
		if err := v.ReadDump(payload); err != nil || !bytes.Equal(v.Text(0), text) {
			t.Fatalf("%q came back as %q, %v", text, holds(&v), err)
		}
		if len(payload) != DumpSize(text) {
			t.Fatalf("%d bytes took %d, DumpSize says %d", len(text), len(payload), DumpSize(text))
		}
	})
}

func BenchmarkCRC64(b *testing.B) {
	p := make([]byte, 1024)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		CRC64(0, p)
	}
}

func BenchmarkHashCRC64(b *testing.B) {
	p, table := make([]byte, 1024), crc64.MakeTable(polynomial)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		crc64.Update(0, table, p)
	}
}
