package server

import (
	"fmt"
	"strings"
)

// settings is the configuration as CONFIG sees it.
type settings struct{ *Server }

// Names is every parameter's name, sorted.
func (s settings) Names() []string {
	names := make([]string, len(parameters))
	for i, p := range parameters {
		names[i] = p.name
	}
	return names
}

// Get is a parameter's value.
func (s settings) Get(name string) (string, bool) {
	p, ok := findParameter(name)
	if !ok {
		return "", false
	}
	return p.get(s.config.Load()), true
}

// Set changes parameters, all or none.
func (s settings) Set(names, values []string) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	next := s.config.Load().clone()
	for i, name := range names {
		p, ok := findParameter(name)
		if !ok {
			return refusal(fmt.Sprintf("Unknown option or number of arguments for CONFIG SET - '%s'", name))
		}
		for _, earlier := range names[:i] {
			if strings.EqualFold(earlier, name) {
				return failedAt(name, "duplicate parameter")
			}
		}
		if !p.mutable {
			return failedAt(name, "can't set immutable config")
		}
		if err := p.set(&next, values[i]); err != nil {
			return failedAt(name, err.Error())
		}
		if faults := next.faults(); len(faults) > 0 {
			return failedAt(name, faults[0].Why)
		}
	}
	s.config.Store(&next)
	s.applySlowLog(&next)
	s.dispatcher.SetLatencyThreshold(next.LatencyMillis)
	return nil
}

// refusal is why CONFIG SET changes nothing, in Redis's words.
type refusal string

// Error is the words.
func (r refusal) Error() string { return string(r) }

func failedAt(name, why string) error {
	return refusal(fmt.Sprintf("CONFIG SET failed (possibly related to argument '%s') - %s", name, why))
}

// applySlowLog tells the dispatcher which commands are slow.
func (s *Server) applySlowLog(c *Config) { s.dispatcher.SetSlowLog(int64(c.SlowMicros), c.SlowEntries) }
