package oracle

import (
	"encoding/json"
	"fmt"
	"math/big"
	"time"

	"github.com/mysingle/mysingle/supabase/tests/history"
)

// JSON writes an answer as PostgreSQL would, with exact decimals.
func JSON(answer any) []byte {
	text, err := json.Marshal(encodable(answer))
	if err != nil {
		panic(err)
	}
	return text
}

func encodable(value any) any {
	switch value := value.(type) {
	case Object:
		fields := map[string]any{}
		for name, field := range value {
			fields[name] = encodable(field)
		}
		return fields
	case List:
		items := []any{}
		for _, item := range value {
			items = append(items, encodable(item))
		}
		return items
	case *big.Rat:
		places, exact := value.FloatPrec()
		if !exact {
			panic(fmt.Sprintf("oracle: %s was not rounded", value))
		}
		return json.Number(value.FloatString(places))
	case time.Time:
		return value.Format(time.RFC3339Nano)
	case history.Date:
		return string(value)
	}
	return value // string, bool, int, nil
}
