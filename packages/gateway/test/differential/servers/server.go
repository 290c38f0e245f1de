// Answers of many shapes, as Go's net/http makes them; the port is its first line.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sort"
	"strings"
	"time"
)

var text = []byte(strings.Repeat("The quick brown fox jumps over the lazy dog.\n", 10))

func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var names []string
	for name := range r.Header {
		names = append(names, name)
	}
	sort.Strings(names)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s %s\nHost: %s\n", r.Method, r.RequestURI, r.Host)
	for _, name := range names {
		for _, value := range r.Header[name] {
			fmt.Fprintf(&out, "%s: %s\n", name, value)
		}
	}
	for name, values := range r.Trailer {
		fmt.Fprintf(&out, "Trailer %s: %s\n", name, values)
	}
	out.WriteByte('\n')
	out.Write(body)
	w.Header().Set("Content-Length", fmt.Sprint(out.Len()))
	w.Write(out.Bytes())
}

func send(w http.ResponseWriter, status int, body []byte, fields ...string) {
	for at := 0; at < len(fields); at += 2 {
		w.Header()[fields[at]] = append(w.Header()[fields[at]], fields[at+1])
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

func flush(w http.ResponseWriter, pieces ...string) {
	for _, piece := range pieces {
		io.WriteString(w, piece)
		w.(http.Flusher).Flush()
	}
}

func main() {
	on := http.HandleFunc
	on("/echo", echo)
	on("/plain", func(w http.ResponseWriter, r *http.Request) { send(w, 200, text, "Content-Type", "text/plain") })
	on("/empty", func(w http.ResponseWriter, r *http.Request) { send(w, 200, nil) })
	on("/long", func(w http.ResponseWriter, r *http.Request) { send(w, 200, bytes.Repeat(text, 1000)) })
	on("/chunked", func(w http.ResponseWriter, r *http.Request) { flush(w, "one", "two", string(text)) })
	on("/trailers", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		flush(w, "one")
		w.Header().Set("X-Sum", "1")
	})
	on("/no-content", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-A", "b")
		w.WriteHeader(204)
	})
	on("/not-modified", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"a"`)
		w.WriteHeader(304)
	})
	on("/redirect", func(w http.ResponseWriter, r *http.Request) { send(w, 302, nil, "Location", "/plain?x=1#y") })
	on("/broken", func(w http.ResponseWriter, r *http.Request) { send(w, 500, []byte("broken\n")) })
	on("/teapot", func(w http.ResponseWriter, r *http.Request) { send(w, 418, nil) })
	on("/gzip", func(w http.ResponseWriter, r *http.Request) {
		var zipped bytes.Buffer
		writer := gzip.NewWriter(&zipped)
		writer.Write(text)
		writer.Close()
		send(w, 200, zipped.Bytes(), "Content-Encoding", "gzip", "Vary", "Accept-Encoding")
	})
	on("/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		flush(w, "data: 1\n\n", "event: two\ndata: 2\n\n", ": still here\n\n")
	})
	on("/duplicates", func(w http.ResponseWriter, r *http.Request) {
		send(w, 200, []byte("x"), "Set-Cookie", "a=1", "X-B", "1", "Set-Cookie", "c=2; HttpOnly", "X-B", "2")
	})
	on("/names", func(w http.ResponseWriter, r *http.Request) {
		send(w, 200, []byte("x"), "x-lower", "1", "X-UPPER", "2", "X-mIxEd", "3", "x_under", "4", "X-Empty", "")
	})
	on("/values", func(w http.ResponseWriter, r *http.Request) {
		send(w, 200, []byte("x"), "X-Latin1", "caf\xe9", "X-Quoted", `"a, b";c=d`, "X-Tab", "a\tb")
	})
	on("/big-head", func(w http.ResponseWriter, r *http.Request) {
		for number := 0; number < 40; number++ {
			w.Header().Set(fmt.Sprintf("X-%d", number), strings.Repeat("v", 1000))
		}
		send(w, 200, []byte("x"))
	})
	on("/until-close", func(w http.ResponseWriter, r *http.Request) {
		connection, _, _ := w.(http.Hijacker).Hijack()
		connection.Write(append([]byte("HTTP/1.0 200 OK\r\nX-A: b\r\n\r\n"), text...))
		connection.Close()
	})
	on("/close", func(w http.ResponseWriter, r *http.Request) { send(w, 200, []byte("bye"), "Connection", "close") })
	on("/range", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "a.txt", time.Unix(1_700_000_000, 0), bytes.NewReader(text))
	})
	on("/early-hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(103)
		send(w, 200, []byte("x"))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	// Ends with whoever started it.
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	panic(http.Serve(listener, nil))
}
