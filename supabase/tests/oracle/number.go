package oracle

import (
	"fmt"
	"math/big"
	"slices"
	"time"
)

// decimal reads a decimal number; "" is null.
func decimal(text string) *big.Rat {
	if text == "" {
		return nil
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(fmt.Sprintf("oracle: %q is no number", text))
	}
	return x
}

func whole(n int) *big.Rat { return big.NewRat(int64(n), 1) }

func orZero(x *big.Rat) *big.Rat {
	if x == nil {
		return new(big.Rat)
	}
	return x
}

func sum(a, b *big.Rat) *big.Rat        { return new(big.Rat).Add(orZero(a), orZero(b)) }
func difference(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(orZero(a), orZero(b)) }
func product(a, b *big.Rat) *big.Rat    { return new(big.Rat).Mul(a, b) }
func quotient(a, b *big.Rat) *big.Rat   { return new(big.Rat).Quo(a, b) }

// same compares points, of which null is only like null.
func same(a, b *big.Rat) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Cmp(b) == 0
}

// rounded rounds to places decimals, halves away from zero.
func rounded(x *big.Rat, places int) *big.Rat { return decimal(x.FloatString(places)) }

// orNullRat keeps a null number from becoming something else than nil in an Object.
func orNullRat(x *big.Rat) any {
	if x == nil {
		return nil
	}
	return x
}

// ratio is a / b to 4 decimals, null when b is 0.
func ratio(a, b *big.Rat) any {
	if b.Sign() == 0 {
		return nil
	}
	return rounded(quotient(a, b), 4)
}

// rate is part of all as a ratio, null when all is 0.
func rate(part, all int) any { return ratio(whole(part), whole(all)) }

// hours is a time in hours, exact.
func hours(d time.Duration) *big.Rat {
	return big.NewRat(d.Microseconds(), time.Hour.Microseconds())
}

// percentile interpolates between the nearest two of the values, as percentile_cont does; nil of none.
func percentile(values []*big.Rat, percent int) *big.Rat {
	if len(values) == 0 {
		return nil
	}
	values = slices.SortedFunc(slices.Values(values), (*big.Rat).Cmp)
	place := percent * (len(values) - 1)
	below := values[place/100]
	if place%100 == 0 {
		return below
	}
	above := values[place/100+1]
	return sum(below, product(difference(above, below), big.NewRat(int64(place%100), 100)))
}

// roundedOrNull rounds a number that may be missing.
func roundedOrNull(x *big.Rat, places int) any {
	if x == nil {
		return nil
	}
	return rounded(x, places)
}

// squareRoot is exact where the root is rational, and to 60 digits where it isn't.
func squareRoot(x *big.Rat) *big.Rat {
	n, d := new(big.Int).Sqrt(x.Num()), new(big.Int).Sqrt(x.Denom())
	if root := new(big.Rat).SetFrac(n, d); product(root, root).Cmp(x) == 0 {
		return root
	}
	root, _ := new(big.Float).Sqrt(new(big.Float).SetPrec(200).SetRat(x)).Rat(nil)
	return root
}
