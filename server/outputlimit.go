package server

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// OutputLimit bounds the replies that wait for a client to read them: beyond
// HardBytes, or beyond SoftBytes for SoftSeconds, it is closed. 0: no bound.
type OutputLimit struct {
	HardBytes, SoftBytes int64
	SoftSeconds          int64
}

// outputClasses is the classes of clients that have a limit of their own.
var outputClasses = []struct {
	name  string
	limit func(*Config) *OutputLimit
}{
	{"normal", func(c *Config) *OutputLimit { return &c.Output }},
	{"pubsub", func(c *Config) *OutputLimit { return &c.PubsubOutput }},
}

func getOutput(c *Config) string {
	var words []string
	for _, class := range outputClasses {
		limit := class.limit(c)
		words = append(words, fmt.Sprintf("%s %d %d %d", class.name, limit.HardBytes, limit.SoftBytes, limit.SoftSeconds))
	}
	return strings.Join(words, " ")
}

// setOutput changes the limits of the classes that are named.
func setOutput(c *Config, v string) error {
	words := strings.Fields(v)
	if len(words) == 0 || len(words)%4 != 0 {
		return errors.New("wrong number of arguments in buffer limit configuration, want CLASS HARD SOFT SECONDS")
	}
	for ; len(words) > 0; words = words[4:] {
		limit, err := parseOutput(words[1:4])
		if err != nil {
			return err
		}
		known := false
		for _, class := range outputClasses {
			if strings.EqualFold(words[0], class.name) {
				*class.limit(c), known = limit, true
			}
		}
		if !known {
			return errors.New("invalid client class specified in buffer limit configuration: there are normal and pubsub")
		}
	}
	return nil
}

func parseOutput(words []string) (OutputLimit, error) {
	hard, errHard := parseBytes(words[0])
	soft, errSoft := parseBytes(words[1])
	seconds, errSeconds := strconv.ParseInt(words[2], 10, 32)
	if err := errors.Join(errHard, errSoft, errSeconds); err != nil || seconds < 0 {
		return OutputLimit{}, errors.New("error in hard, soft or soft_seconds setting in buffer limit configuration")
	}
	return OutputLimit{hard, soft, seconds}, nil
}
