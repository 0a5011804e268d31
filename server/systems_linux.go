package server

// systems is every engine, the first choice of auto first.
var systems = []system{
	{"epoll", probed(newEpoll), opened(newEpoll), true},
	{"portable", probePortable, openPortable, true},
	{"io_uring", probed(newUring), opened(newUring), false},
}

type makeEngine func(*rawPorts, *loop) (engine, error)

// probed makes an engine to see whether that can be done.
func probed(make makeEngine) func() error {
	return func() error {
		probe, err := make(nil, nil)
		if err == nil {
			probe.close()
		}
		return err
	}
}

func opened(make makeEngine) func(Config) (ports, error) {
	return func(c Config) (ports, error) { return openRaw(c, make) }
}
