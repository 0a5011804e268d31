package wire

import "testing"

// portableByDefault makes drive give its drivers the portable engine.
var portableByDefault bool

// What holds of one engine holds of the other, but for connections that end
// between phases, which a netLoop may learn too late.
func TestPortableEngine(t *testing.T) {
	portableByDefault = true
	defer func() { portableByDefault = false }()
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"ClosedLoop", TestClosedLoopOverSockets},
		{"OpenLoopIsTheSame", TestOpenLoopIsTheSameForAnyNumberOfThreads},
		{"Redirects", TestRedirectsOverSockets},
		{"Misbehaving", TestServersThatMisbehave},
		{"TargetDies", TestATargetThatDiesEndsThePhase},
		{"NobodyListens", TestNobodyListens},
		{"ContextEnds", TestContextEndsAPhase},
		{"LargeValues", TestLargeValuesBothWays},
		{"Auth", TestAuthOverSockets},
		{"HostNames", TestHostNamesAreResolved},
	} {
		t.Run(test.name, test.run)
	}
}
