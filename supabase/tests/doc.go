// Package tests holds the database's tests: they run against a running stack and need no seed.
//
//   - *.sql: pgTAP, one file per subject, one persona per block; also runnable by `supabase test db`.
//   - catalog_test.go: what must hold for every table, function and policy, read from the catalog.
//   - isolation_test.go: every table × verb × role × organization against a table of expectations.
//   - concurrency_test.go: what two sessions can do at the same moment.
//   - figures_test.go: every figure, on random histories (package history), against an oracle
//     (package oracle) that computes it a second time; examples_test.go: the same by hand;
//     frozen_test.go: what closing a sprint freezes; lived_test.go: a sprint lived through with
//     the database's own triggers, and who sees which figures.
//
// Start them with `go tool task test`, which gives them the stack and its variables.
package tests
