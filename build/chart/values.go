package main

import (
	"fmt"
	"strconv"
	"strings"
)

// merge lays over upon base as Helm does: maps merge member by member, all else is replaced, and null removes a default.
func merge(base, over map[string]interface{}) map[string]interface{} {
	result := make(map[string]interface{}, len(base)+len(over))
	for key, value := range base {
		result[key] = value
	}
	for key, value := range over {
		if value == nil {
			delete(result, key)
			continue
		}
		overMap, isMap := value.(map[string]interface{})
		baseMap, wasMap := result[key].(map[string]interface{})
		switch {
		case isMap && wasMap:
			result[key] = merge(baseMap, overMap)
		case isMap:
			result[key] = merge(nil, overMap)
		default:
			result[key] = value
		}
	}
	return result
}

// setInto reads a.b[0].c=value,d={x,y} into values. A backslash takes a separator's meaning away.
func setInto(values map[string]interface{}, expression string, asString bool) error {
	for _, assignment := range splitUnescaped(expression, ',') {
		path, text, found := cutUnescaped(assignment, '=')
		if !found || path == "" {
			return fmt.Errorf("--set %s: write path=value, e.g. image.tag=1.0.0", assignment)
		}
		var value interface{}
		if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
			list := []interface{}{}
			if inner := text[1 : len(text)-1]; inner != "" {
				for _, item := range splitUnescaped(inner, ',') {
					list = append(list, scalar(item, asString))
				}
			}
			value = list
		} else {
			value = scalar(text, asString)
		}
		steps, err := pathOf(path)
		if err != nil {
			return err
		}
		if _, err := assign(values, steps, value); err != nil {
			return fmt.Errorf("--set %s: %v", assignment, err)
		}
	}
	return nil
}

func scalar(text string, asString bool) interface{} {
	plain := unescape(text)
	if asString {
		return plain
	}
	switch plain {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	// A leading zero means an identifier, such as 0123.
	if plain != "0" && strings.HasPrefix(plain, "0") {
		return plain
	}
	if number, err := strconv.ParseInt(plain, 10, 64); err == nil {
		return number
	}
	return plain
}

// pathOf splits a.b[0] into "a", "b", 0.
func pathOf(path string) ([]interface{}, error) {
	var steps []interface{}
	for _, part := range splitUnescaped(path, '.') {
		name, rest, indexed := cutUnescaped(part, '[')
		if name != "" {
			steps = append(steps, unescape(name))
		}
		for indexed {
			number, after, closed := strings.Cut(rest, "]")
			index, err := strconv.Atoi(number)
			if !closed || err != nil || index < 0 || index > 65536 {
				return nil, fmt.Errorf("--set %s: an index is a number in brackets, e.g. hosts[0]", path)
			}
			steps = append(steps, index)
			_, rest, indexed = strings.Cut(after, "[")
		}
	}
	return steps, nil
}

func assign(into interface{}, steps []interface{}, value interface{}) (interface{}, error) {
	if len(steps) == 0 {
		return value, nil
	}
	switch step := steps[0].(type) {
	case string:
		members, ok := into.(map[string]interface{})
		if !ok {
			members = map[string]interface{}{}
		}
		member, err := assign(members[step], steps[1:], value)
		members[step] = member
		return members, err
	case int:
		list, _ := into.([]interface{})
		for len(list) <= step {
			list = append(list, nil)
		}
		item, err := assign(list[step], steps[1:], value)
		list[step] = item
		return list, err
	}
	return nil, fmt.Errorf("not a path")
}

func splitUnescaped(text string, separator byte) []string {
	var parts []string
	start, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == '{':
			depth++
		case text[i] == '}':
			depth--
		case text[i] == separator && depth <= 0:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

func cutUnescaped(text string, separator byte) (before, after string, found bool) {
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			i++
		} else if text[i] == separator {
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

func unescape(text string) string {
	var plain strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		plain.WriteByte(text[i])
	}
	return plain.String()
}
