package main

import "github.com/spf13/pflag"

// respOptions is which protocol the load speaks.
type respOptions struct{ resp int }

func (o *respOptions) register(f *pflag.FlagSet) {
	f.IntVar(&o.resp, "resp", defaultRESP, "protocol of the load: 2 or 3 (every connection begins with HELLO 3)")
}

// defaultRESP is what every server speaks.
const defaultRESP = 2

func (o *respOptions) check() error {
	if o.resp != 2 && o.resp != 3 {
		return misusef("--resp %d: want 2 or 3", o.resp)
	}
	return nil
}
