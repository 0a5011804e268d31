//go:build !linux

package server

// systems is every engine that there is here.
var systems = []system{{"portable", probePortable, openPortable, true}}
