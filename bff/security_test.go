package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityTables checks that what SECURITY.md, and the guide to changing
// keys, point to exists.
func TestSecurityTables(t *testing.T) {
	var text []byte
	for _, file := range []string{"SECURITY.md", "deploy/keys.md"} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, content...)
	}
	tests := make(map[string]bool)
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	for _, folder := range []string{".", "../functions", "../supabase"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, found := range declared.FindAllSubmatch(source, -1) {
				tests[string(found[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1)
	isTest, isFile := regexp.MustCompile(`^(Test|Fuzz)\w+$`), regexp.MustCompile(`^(bff|functions|supabase|\.ci)/`)
	checked := 0
	for _, name := range named {
		switch {
		case isTest.MatchString(name[1]):
			checked++
			if !tests[name[1]] {
				t.Errorf("there is no test %s", name[1])
			}
		case isFile.MatchString(name[1]):
			checked++
			if _, err := os.Stat(filepath.Join("..", name[1])); err != nil {
				t.Error(err)
			}
		}
	}
	if checked < 100 {
		t.Errorf("only %d names: is it still written the same way?", checked)
	}
}
