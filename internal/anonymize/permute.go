package anonymize

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// permuter permutes numbers by a secret: format-preserving encryption, a Feistel
// network over AES that is walked until it ends within the domain (Black and
// Rogaway, CT-RSA 2002).
type permuter struct {
	block       cipher.Block
	input, body [aes.BlockSize]byte
}

func newPermuter(secret string) *permuter {
	key := sha256.Sum256([]byte("slotbench anonymize\x00" + secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("anonymize: " + err.Error()) // the key has the length that AES wants
	}
	return &permuter{block: block}
}

// feistelRounds is as many as NIST SP 800-38G takes with binary halves.
const feistelRounds = 8

// domain is the numbers below size, permuted in a way of its own by tweak.
type domain struct {
	size  uint64
	tweak uint64
	half  int // bits
}

func newDomain(size, tweak uint64) domain {
	return domain{size, tweak, (bits.Len64(size-1) + 1) / 2}
}

func (p *permuter) round(d *domain, round int, half uint64) uint64 {
	binary.LittleEndian.PutUint64(p.input[:8], d.tweak+uint64(round)<<56)
	binary.LittleEndian.PutUint64(p.input[8:], half)
	p.block.Encrypt(p.body[:], p.input[:])
	return binary.LittleEndian.Uint64(p.body[:8]) & (1<<d.half - 1)
}

func (p *permuter) forward(d *domain, x uint64) uint64 {
	for {
		left, right := x>>d.half, x&(1<<d.half-1)
		for r := range feistelRounds {
			left, right = right, left^p.round(d, r, right)
		}
		if x = left<<d.half | right; x < d.size {
			return x
		}
	}
}

func (p *permuter) backward(d *domain, x uint64) uint64 {
	for {
		left, right := x>>d.half, x&(1<<d.half-1)
		for r := feistelRounds - 1; r >= 0; r-- {
			left, right = right^p.round(d, r, left), left
		}
		if x = left<<d.half | right; x < d.size {
			return x
		}
	}
}

// next is the number behind x on one cycle through all of the domain, in an
// order that the secret decides. The numbers that fits accepts lie on that
// cycle one behind the other, so next among them is a permutation of them
// without a fixed point, unless x is the only one.
func (p *permuter) next(d *domain, x uint64, fits func(uint64) bool) uint64 {
	if d.size < 2 {
		return x
	}
	at := p.forward(d, x)
	for range d.size {
		if at++; at == d.size {
			at = 0
		}
		if y := p.backward(d, at); y == x || fits(y) {
			return y
		}
	}
	return x
}
