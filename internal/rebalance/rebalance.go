// Package rebalance decides which slots should move to which node, and says how
// close to the best possible that is. It is arithmetic: it opens nothing, reads
// no clock and has no random source, so equal questions get equal answers.
package rebalance
