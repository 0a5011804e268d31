package template

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

const (
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	base58    = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
)

func ulid(r *rand.Rand) string { return "01" + among(r, "H", "J", "K") + letters(r, crockford, 23) }

func ksuid(r *rand.Rand) string { return "2" + letters(r, base62, 26) }

func moment(r *rand.Rand, layout string) string {
	return time.Unix(1_700_000_000+r.Int64N(9e7), 0).UTC().Format(layout)
}

// camel is a name in camel case, one of many.
func camel(r *rand.Rand) string {
	w := word(r)
	return word(r) + strings.ToUpper(w[:1]) + w[1:]
}

// mixes are keyspaces of one house each, beside that of groups.
var mixes = map[string][]way{
	"rails": {
		{9, func(r *rand.Rand) string { return "rails:session:2::" + hex(r, 64) }},
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("views/products/%d-%s/%s", r.IntN(1e6), moment(r, "20060102150405"), hex(r, 32))
		}},
		{3, func(r *rand.Rand) string { return "sidekiq:job:" + hex(r, 24) }},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("stat:processed:%s", moment(r, "2006-01-02")) }},
		{3, func(r *rand.Rand) string {
			return fmt.Sprintf("cache:v%d:posts/query-%s-%d", 1+r.IntN(3), hex(r, 32), r.IntN(900))
		}},
		{2, func(r *rand.Rand) string {
			return fmt.Sprintf("rack::attack:%d:req/ip:%d.%d.%d.%d", 28e6+r.IntN(1e6), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
		}},
		{2, func(r *rand.Rand) string {
			return fmt.Sprintf("flipper/%s/actors/User;%d", word(r)+word(r), r.IntN(1e6))
		}},
	},
	"java": {
		{6, func(r *rand.Rand) string { return "spring:session:sessions:" + uuid(r) }},
		{6, func(r *rand.Rand) string { return "spring:session:sessions:expires:" + uuid(r) }},
		{3, func(r *rand.Rand) string { return "spring:session:expirations:" + moment(r, "2006-01-02") }},
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("com.acme.orders.OrderService#findById::%d", r.IntN(1e7))
		}},
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("com.acme.orders.OrderService#findByUser::%d", r.IntN(1e7))
		}},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("userCache::%s", camel(r)) }},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("SimpleKey [%d,%d]", r.IntN(1e5), r.IntN(1e5)) }},
		{2, func(r *rand.Rand) string { return fmt.Sprintf("lock:{order-%d}:owner", r.IntN(1e7)) }},
	},
	"german": {
		{6, func(r *rand.Rand) string { return fmt.Sprintf("kunde/%d/anschrift", r.IntN(1e6)) }},
		{4, func(r *rand.Rand) string { return fmt.Sprintf("kunde/%d/bestellungen", r.IntN(1e6)) }},
		{4, func(r *rand.Rand) string { return fmt.Sprintf("größe|%d|straße", r.IntN(1e6)) }},
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("rechnung_%s_%06d", moment(r, "02.01.2006"), r.IntN(1e6))
		}},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("fahrkarte-%s-%d", moment(r, "02-01-2006"), r.IntN(1e6)) }},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("плательщик:%d:счёт", r.IntN(1e6)) }},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("用户:%d:购物车", r.IntN(1e6)) }},
		{2, func(r *rand.Rand) string {
			return "kfz:" + letters(r, crockford[10:], 1+r.IntN(3)) + "-" + letters(r, crockford[10:], 2) + letters(r, digits, 4)
		}},
	},
	"camel": {
		{5, func(r *rand.Rand) string { return fmt.Sprintf("userProfile%d", r.IntN(1e7)) }},
		{4, func(r *rand.Rand) string { return fmt.Sprintf("UserPosts_%d", r.IntN(1e7)) }},
		{4, func(r *rand.Rand) string { return fmt.Sprintf("orderItem-%d-%d", r.IntN(1e7), r.IntN(9)) }},
		{3, func(r *rand.Rand) string { return "sessionToken" + letters(r, base62, 24) }},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("getUserById(%d)", r.IntN(1e6)) }},
		{3, func(r *rand.Rand) string {
			return fmt.Sprintf("tenantId=%d&userId=%d&page=%d", r.IntN(100), r.IntN(1e6), r.IntN(10))
		}},
	},
	"ids": {
		{4, func(r *rand.Rand) string { return "ord:" + ulid(r) }},
		{4, func(r *rand.Rand) string { return "evt_" + strings.ToLower(ulid(r)) }},
		{4, func(r *rand.Rand) string { return "seg:" + ksuid(r) + ":meta" }},
		{4, func(r *rand.Rand) string { return "cus_" + letters(r, base62, 14) }},
		{4, func(r *rand.Rand) string { return "pi_3" + letters(r, base62, 23) + "_secret" }},
		{3, func(r *rand.Rand) string { return "n/" + letters(r, base62+"-_", 10) }},
		{3, func(r *rand.Rand) string { return "yt:" + letters(r, base62+"-_", 11) + ":views" }},
		{3, func(r *rand.Rand) string { return "xid#" + letters(r, digits+"abcdefghijklmnopqrstuv", 20) }},
		{3, func(r *rand.Rand) string { return "btc|" + "1" + letters(r, base58, 33) }},
		{3, func(r *rand.Rand) string { return "cuid:c" + letters(r, lower+digits, 24) }},
		{2, func(r *rand.Rand) string { return "git:" + hex(r, 7) }},
		{2, func(r *rand.Rand) string { return "trace:" + hex(r, 32) + ":" + hex(r, 16) }},
		{2, func(r *rand.Rand) string { return "eth:0x" + hex(r, 40) }},
		{2, func(r *rand.Rand) string { return "odd:" + hex(r, 15) + ":x" }},
		{2, func(r *rand.Rand) string { return "sha256:" + letters(r, base62+"+/", 43) + "=" }},
		{2, func(r *rand.Rand) string { return "sign:" + letters(r, base62+"+/", 86) + "==" }},
		{2, func(r *rand.Rand) string { return "etag:" + letters(r, base62+"+/", 22) + "==:size" }},
		{2, func(r *rand.Rand) string { return "b64/" + letters(r, base62+"+/", 22) + "==" }},
	},
	"flat": {
		{5, func(r *rand.Rand) string { return fmt.Sprint(r.IntN(1e9)) }},
		{5, func(r *rand.Rand) string { return uuid(r) }},
		{4, func(r *rand.Rand) string { return hex(r, 40) }},
		{4, func(r *rand.Rand) string { return letters(r, base62, 22) }},
		{3, func(r *rand.Rand) string { return word(r) + "." + word(r) + "@" + word(r) + ".org" }},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("+%d", 49_1500_000_000+r.Int64N(1e9)) }},
		{2, func(r *rand.Rand) string {
			return "https://" + word(r) + ".com/" + word(r) + "/" + fmt.Sprint(r.IntN(1e5))
		}},
	},
	"dates": {
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("dau:%s", moment(r, "2006-01-02")) + fmt.Sprintf(":%d", r.IntN(1e4))
		}},
		{4, func(r *rand.Rand) string { return fmt.Sprintf("mau:%s:%d", moment(r, "2006-01"), r.IntN(1e5)) }},
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("wk:%s-W%02d:%d", moment(r, "2006"), 1+r.IntN(52), r.IntN(1e5))
		}},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("us:%s:%d", moment(r, "01/02/2006"), r.IntN(1e5)) }},
		{3, func(r *rand.Rand) string {
			return fmt.Sprintf("iso:%s#%d", moment(r, "2006-01-02T15:04:05Z"), r.IntN(1e5))
		}},
		{3, func(r *rand.Rand) string {
			return fmt.Sprintf("isoms:%s.%03dZ", moment(r, "2006-01-02T15:04:05"), r.IntN(1000))
		}},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("off:%s+02:00", moment(r, "2006-01-02T15:04:05")) }},
		{3, func(r *rand.Rand) string {
			return fmt.Sprintf("compact:%s:%d", moment(r, "20060102T150405Z"), r.IntN(1e5))
		}},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("mon:%s:%d", moment(r, "02-Jan-2006"), r.IntN(1e5)) }},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("hour:%s:%d", moment(r, "2006010215"), r.IntN(1e5)) }},
		{2, func(r *rand.Rand) string { return fmt.Sprintf("epoch:%d.%06d", 1_700_000_000+r.IntN(9e7), r.IntN(1e6)) }},
	},
	"nested": {
		{5, func(r *rand.Rand) string {
			return fmt.Sprintf("{t:%d}:shard-%02d:user:%d:orders:%d:lines", r.IntN(300), r.IntN(64), r.IntN(1e5), r.IntN(1e5))
		}},
		{5, func(r *rand.Rand) string {
			return fmt.Sprintf("{t:%d}:shard-%02d:user:%d:cart", r.IntN(300), r.IntN(64), r.IntN(1e5))
		}},
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("api/v%d/tenants/%s/users/%d", 1+r.IntN(3), word(r)+word(r), r.IntN(1e6))
		}},
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("api/v%d/tenants/%s/plans/%d", 1+r.IntN(3), word(r)+word(r), r.IntN(1e6))
		}},
		{3, func(r *rand.Rand) string {
			return fmt.Sprintf("prod.eu-west-%d.cache.p%d.%d", 1+r.IntN(3), r.IntN(32), r.IntN(1e6))
		}},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("a:b:c:d:e:f:g:%d:i:j:k:%d", r.IntN(1e5), r.IntN(1e5)) }},
		{3, func(r *rand.Rand) string {
			return fmt.Sprintf("app-1.%d.%d:feature:%d", r.IntN(20), r.IntN(10), r.IntN(1e5))
		}},
		{2, func(r *rand.Rand) string { return fmt.Sprintf("q{%s}:jobs[%d].state", uuid(r), r.IntN(100)) }},
	},
	"phones": {
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("sms:+1-%03d-%03d-%04d", 200+r.IntN(700), r.IntN(1000), r.IntN(10000))
		}},
		{4, func(r *rand.Rand) string {
			return fmt.Sprintf("tel:(%03d) %03d-%04d", 200+r.IntN(700), r.IntN(1000), r.IntN(10000))
		}},
		{3, func(r *rand.Rand) string { return fmt.Sprintf("otp:%d:%d", 49_1500_000_000+r.Int64N(1e9), r.IntN(5)) }},
		{3, func(r *rand.Rand) string {
			return "mac:" + strings.Join([]string{hex(r, 2), hex(r, 2), hex(r, 2), hex(r, 2), hex(r, 2), hex(r, 2)}, ":")
		}},
		{3, func(r *rand.Rand) string { return "iban:DE" + letters(r, digits, 20) }},
		{3, func(r *rand.Rand) string {
			return "card:" + letters(r, digits, 4) + "-****-****-" + letters(r, digits, 4)
		}},
		{3, func(r *rand.Rand) string {
			return "sku:" + letters(r, crockford[10:], 3) + "-" + letters(r, digits, 5) + "-" + "XL"
		}},
		{3, func(r *rand.Rand) string {
			return "isbn:978-" + letters(r, digits, 1) + "-" + letters(r, digits, 3) + "-" + letters(r, digits, 5) + "-" + letters(r, digits, 1)
		}},
		{2, func(r *rand.Rand) string { return "plate:" + letters(r, crockford[10:], 3) + letters(r, digits, 4) }},
		{2, func(r *rand.Rand) string {
			return "lic:" + strings.Join([]string{letters(r, crockford, 5), letters(r, crockford, 5), letters(r, crockford, 5)}, "-")
		}},
	},
	"words": {
		{5, func(r *rand.Rand) string { return "friends:" + word(r) + word(r) }},
		{4, func(r *rand.Rand) string { return "followers:" + word(r) + word(r) }},
		{4, func(r *rand.Rand) string { return word(r) + word(r) + ":inbox" }},
		{4, func(r *rand.Rand) string { return word(r) + word(r) + ":outbox" }},
		{3, func(r *rand.Rand) string { return "page:/" + word(r) + "/" + word(r) + "/" + word(r) + ".html" }},
		{3, func(r *rand.Rand) string { return "search:" + word(r) + " " + word(r) }},
		{3, func(r *rand.Rand) string {
			return "host-" + word(r) + letters(r, digits, 2) + ".dc" + letters(r, digits, 1) + ".acme.net:cpu"
		}},
		{2, func(r *rand.Rand) string { return "i18n.de_DE." + word(r) + "." + word(r) }},
	},
}
