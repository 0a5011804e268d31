package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// writer changes keys of its own through a cluster client, and knows what each
// must hold.
type writer struct {
	client *redis.ClusterClient
	random *rand.Rand
	name   string
	model  map[string]string
	steps  int
	done   map[string]int // operations that were carried out, by name
}

const keysOfWriter = 150

func (w *writer) key() string { return fmt.Sprintf("{t}%s:%d", w.name, w.random.IntN(keysOfWriter)) }

func (w *writer) value() string {
	return fmt.Sprintf("%s-%d-%s", w.name, w.steps, strings.Repeat("x", w.random.IntN(2000)))
}

// step does one random operation and compares its answer with the model.
func (w *writer) step(ctx context.Context) error {
	w.steps++
	op := operations[w.random.IntN(len(operations))]
	key := w.key()
	err := op.do(w, ctx, key)
	if err == nil {
		w.done[op.name]++
		return nil
	}
	// After too many redirections the operation was certainly not carried out.
	for _, code := range []string{"MOVED ", "ASK ", "TRYAGAIN "} {
		if strings.HasPrefix(err.Error(), code) {
			return nil
		}
	}
	return fmt.Errorf("%s %s: %w", op.name, key, err)
}

// operations change the model only when they were carried out, and answer an
// error when the answer is not what the model says.
var operations = []struct {
	name string
	do   func(w *writer, ctx context.Context, key string) error
}{
	{"set", (*writer).set}, {"setnx", (*writer).setNX}, {"get", (*writer).get}, {"del", (*writer).del},
	{"append", (*writer).appendTo}, {"mset", (*writer).mset}, {"mget", (*writer).mget},
	{"expire", (*writer).expire}, {"rename", (*writer).rename},
}

func (w *writer) set(ctx context.Context, key string) error {
	value := w.value()
	err := w.client.Set(ctx, key, value, 0).Err()
	if err == nil {
		w.model[key] = value
	}
	return err
}

func (w *writer) setNX(ctx context.Context, key string) error {
	value := w.value()
	_, there := w.model[key]
	set, err := w.client.SetNX(ctx, key, value, time.Hour).Result()
	if err == nil && set == there {
		return fmt.Errorf("said %v, the key is there: %v", set, there)
	}
	if err == nil && set {
		w.model[key] = value
	}
	return err
}

func (w *writer) get(ctx context.Context, key string) error {
	got, err := w.client.Get(ctx, key).Result()
	want, there := w.model[key]
	switch {
	case errors.Is(err, redis.Nil) && there:
		return errors.New("the key is lost")
	case errors.Is(err, redis.Nil):
		return nil
	case err == nil && (!there || got != want):
		return fmt.Errorf("the key holds %.60q, want %.60q", got, want)
	}
	return err
}

func (w *writer) del(ctx context.Context, key string) error {
	n, err := w.client.Del(ctx, key).Result()
	_, there := w.model[key]
	if err == nil && (n == 1) != there {
		return fmt.Errorf("said %d, the key is there: %v", n, there)
	}
	if err == nil {
		delete(w.model, key)
	}
	return err
}

func (w *writer) appendTo(ctx context.Context, key string) error {
	n, err := w.client.Append(ctx, key, "+").Result()
	if want := int64(len(w.model[key]) + 1); err == nil && n != want {
		return fmt.Errorf("said %d, want %d", n, want)
	}
	if err == nil {
		w.model[key] += "+"
	}
	return err
}

func (w *writer) mset(ctx context.Context, key string) error {
	other, value := w.key(), w.value()
	err := w.client.MSet(ctx, key, value, other, value).Err()
	if err == nil {
		w.model[key], w.model[other] = value, value
	}
	return err
}

func (w *writer) mget(ctx context.Context, key string) error {
	other := w.key()
	got, err := w.client.MGet(ctx, key, other).Result()
	if err == nil && !(w.is(key, got[0]) && w.is(other, got[1])) {
		return fmt.Errorf("and %s hold %.60q", other, got)
	}
	return err
}

func (w *writer) is(key string, got any) bool {
	want, there := w.model[key]
	text, found := got.(string)
	return there == found && text == want
}

func (w *writer) expire(ctx context.Context, key string) error {
	set, err := w.client.Expire(ctx, key, time.Hour).Result()
	if _, there := w.model[key]; err == nil && set != there {
		return fmt.Errorf("said %v, the key is there: %v", set, there)
	}
	return err
}

func (w *writer) rename(ctx context.Context, key string) error {
	other := w.key()
	err := w.client.Rename(ctx, key, other).Err()
	value, there := w.model[key]
	switch {
	case err != nil && err.Error() == "ERR no such key" && there:
		return errors.New("the key is lost")
	case err != nil && err.Error() == "ERR no such key":
		return nil
	case err == nil && !there:
		return errors.New("found a key that is deleted")
	case err == nil:
		delete(w.model, key)
		w.model[other] = value
	}
	return err
}
