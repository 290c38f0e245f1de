//go:build parts

// Package agentsandbox names the programs of one release.
package agentsandbox

import (
	_ "sigs.k8s.io/agent-sandbox/cmd/agent-sandbox-controller"
	_ "sigs.k8s.io/agent-sandbox/sandbox-router/cmd"
)
