package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestScriptsLikeRedis sends the conversations of testdata/scripts to Redis and
// to us; that of the cluster to nodes in cluster mode.
func TestScriptsLikeRedis(t *testing.T) {
	files, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			conversation, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			oracle(t, strings.HasSuffix(file, "cluster.txt"), string(conversation))
		})
	}
}
