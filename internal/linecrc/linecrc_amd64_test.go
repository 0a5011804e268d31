package linecrc

import "testing"

// Processors without vectors find the same.
func TestLinesWithoutVectors(t *testing.T) {
	defer func(had bool) { vectors = had }(vectors)
	vectors = false
	TestLinesOfEveryLength(t)
	TestEndsFillsWhatThereIs(t)
}
