//go:build parts

// Package traefik names the program that the module pins.
package traefik

import _ "github.com/traefik/traefik/v3/cmd/traefik"
