package goredis

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"slotbench/internal/peer"
	"slotbench/internal/request"
	"slotbench/targets/nodes"
	"slotbench/targets/redis"
	"slotbench/targets/redis/redistest"
	"slotbench/targets/wire"
)

// certificate writes a certificate that signs itself, and its key.
func certificate(t *testing.T) (certFile, keyFile string, trust *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), NotBefore: time.Now().Add(-time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyBytes, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	for file, text := range map[string][]byte{
		certFile: certText,
		keyFile:  pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyBytes}),
	} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust = x509.NewCertPool()
	trust.AppendCertsFromPEM(certText)
	return certFile, keyFile, trust
}

func TestTLS(t *testing.T) {
	binary := peer.Binary(t)
	// With no such certificate it always ends at once.
	out, _ := exec.Command(binary, "--port", "0", "--tls-port", "1", "--tls-cert-file", "/no/such/file").CombinedOutput()
	if !strings.Contains(string(out), "TLS") {
		t.Skipf("%s was built without TLS: %s", binary, out)
	}
	certFile, keyFile, trust := certificate(t)
	config := &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}
	node := redistest.Start(t, nodes.Options{TLS: config}, "--tls-port", "--port", "0",
		"--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certFile, "--tls-auth-clients", "no")
	ctx := soon(t)
	if _, err := redis.Attach(ctx, "rediss://"+node.Addr(), redis.AttachOptions{}); err == nil {
		t.Error("a certificate that nobody trusts was trusted")
	}
	if _, err := redis.Attach(ctx, "redis://"+node.Addr(), redis.AttachOptions{}); err == nil {
		t.Error("attached without TLS")
	}
	c, err := redis.Attach(ctx, "rediss://"+node.Addr(), redis.AttachOptions{TLS: config})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	b := &book{}
	tally, err := driver(t, c, Options{}).Run(ctx, closed(2, 3, 100, mixed, b))
	if err != nil || tally.Sent != 100 || b.count(request.OK) == 0 {
		t.Errorf("%+v, %v", tally, err)
	}
	own, err := wire.New(c.Access(), nil, wire.Options{Threads: 1, Protocol: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	b = &book{}
	tally, err = own.Run(ctx, closed(2, 3, 100, mixed, b))
	if err != nil || tally.Sent != 100 || b.count(request.OK) == 0 || tally.Aborted != "" {
		t.Errorf("wire: %+v, %v", tally, err)
	}
}
