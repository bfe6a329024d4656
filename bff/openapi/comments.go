package openapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
)

// comments are the doc comments of types and fields, by package.Type and
// package.Type.Field, each as one line.
type comments map[string]string

// readComments reads the Go files of the folders, which are named like their
// packages.
func readComments(folders ...string) (comments, error) {
	c := make(comments)
	for _, folder := range folders {
		names, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			c.read(file)
		}
	}
	return c, nil
}

func (c comments) read(file *ast.File) {
	for _, declaration := range file.Decls {
		types, ok := declaration.(*ast.GenDecl)
		if !ok || types.Tok != token.TYPE {
			continue
		}
		for _, spec := range types.Specs {
			spec := spec.(*ast.TypeSpec)
			structure, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			key := file.Name.Name + "." + spec.Name.Name
			c[key] = inOneLine(types.Doc)
			for _, field := range structure.Fields.List {
				for _, name := range field.Names {
					c[key+"."+name.Name] = inOneLine(field.Doc)
				}
			}
		}
	}
}

func inOneLine(text *ast.CommentGroup) string { return strings.Join(strings.Fields(text.Text()), " ") }

// ofType is the comment of a type that the document calls name.
func (c comments) ofType(t reflect.Type, name string) string {
	return renamed(c[path.Base(t.PkgPath())+"."+t.Name()], t.Name(), name)
}

// ofField is the comment of a field that the document calls name.
func (c comments) ofField(owner reflect.Type, field, name string) string {
	return renamed(c[path.Base(owner.PkgPath())+"."+owner.Name()+"."+field], field, "`"+name+"`")
}

// ofParameter is the comment of a handler's input, whose name stands beside it.
func (c comments) ofParameter(owner reflect.Type, field string) string {
	text := c.ofField(owner, field, field)
	for _, start := range []string{"is ", "are ", ""} {
		if rest, ok := strings.CutPrefix(text, "`"+field+"` "+start); ok {
			return strings.ToUpper(rest[:1]) + rest[1:]
		}
	}
	return text
}

// renamed replaces the Go name with which doc comments begin.
func renamed(text, from, to string) string {
	if rest, ok := strings.CutPrefix(text, from+" "); ok {
		return to + " " + rest
	}
	return text
}
