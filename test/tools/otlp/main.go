// Command otlp-decoder reads a request of OTLP/HTTP in JSON as an OpenTelemetry collector reads it, and writes what it has read.
package main

import (
	"io"
	"log"
	"os"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		log.Fatal(err)
	}
	request := ptraceotlp.NewExportRequest()
	if err := request.UnmarshalJSON(body); err != nil {
		log.Fatal(err)
	}
	read, err := (&ptrace.JSONMarshaler{}).MarshalTraces(request.Traces())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(read); err != nil {
		log.Fatal(err)
	}
}
