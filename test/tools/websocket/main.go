// A WebSocket peer by an implementation of Go: `serve` is a server that sends back what it gets and prints its port, `dial URL`
// a client that holds one session and prints what came of it. packages/gateway/test/websocket-peers says what a session is.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/coder/websocket"
)

var background = context.Background()

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	check(http.Serve(listener, http.HandlerFunc(echo)))
}

func echo(w http.ResponseWriter, r *http.Request) {
	options := &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover}
	connection, err := websocket.Accept(w, r, options)
	check(err)
	connection.SetReadLimit(-1)
	for {
		kind, data, err := connection.Read(background)
		if err != nil {
			var ended websocket.CloseError
			if asClose(err, &ended) {
				fmt.Printf("closed %d %s\n", ended.Code, ended.Reason)
			}
			return
		}
		if kind == websocket.MessageText && bytes.HasPrefix(data, []byte("close ")) {
			words := strings.SplitN(string(data), " ", 3)
			code, _ := strconv.Atoi(words[1])
			connection.Close(websocket.StatusCode(code), words[2])
			return
		}
		check(connection.Write(background, kind, data))
	}
}

func asClose(err error, into *websocket.CloseError) bool {
	if websocket.CloseStatus(err) == -1 {
		return false
	}
	for err != nil {
		if found, ok := err.(websocket.CloseError); ok {
			*into = found
			return true
		}
		wrapped, ok := err.(interface{ Unwrap() error })
		if !ok {
			return false
		}
		err = wrapped.Unwrap()
	}
	return false
}

func dial(url string) {
	options := &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover}
	connection, _, err := websocket.Dial(background, url, options)
	check(err)
	connection.SetReadLimit(-1)
	var same []bool
	exchange := func(kind websocket.MessageType, data []byte) {
		writer, err := connection.Writer(background, kind)
		check(err)
		// In pieces, which are frames where they are large enough.
		for at := 0; at < len(data); at += 50_000 {
			_, err = writer.Write(data[at:min(at+50_000, len(data))])
			check(err)
		}
		check(writer.Close())
		backKind, back, err := connection.Read(background)
		check(err)
		same = append(same, backKind == kind && bytes.Equal(back, data))
	}
	exchange(websocket.MessageText, []byte("grüße"))
	exchange(websocket.MessageText, nil)
	all := make([]byte, 256)
	for code := range all {
		all[code] = byte(code)
	}
	exchange(websocket.MessageBinary, all)
	exchange(websocket.MessageText, bytes.Repeat([]byte("0123456789abcdef"), 10_000))
	exchange(websocket.MessageBinary, noise(16*1024*1024))
	check(connection.Write(background, websocket.MessageText, []byte("close 4321 over")))
	var ended websocket.CloseError
	_, _, err = connection.Read(background)
	asClose(err, &ended)
	print(map[string]any{"same": same, "closed": []any{int(ended.Code), ended.Reason}})
}

// noise does not get smaller by compression.
func noise(size int) []byte {
	data := make([]byte, size)
	state := uint32(0x9e3779b9)
	for at := range data {
		state ^= state << 13
		state ^= state >> 17
		state ^= state << 5
		data[at] = byte(state)
	}
	return data
}

// leave ends a session from the client's side.
func leave(url string, code int, reason string) {
	connection, _, err := websocket.Dial(background, url, nil)
	check(err)
	print(map[string]any{"left": connection.Close(websocket.StatusCode(code), reason) == nil})
}

func print(result any) {
	line, _ := json.Marshal(result)
	fmt.Println(string(line))
}

func main() {
	switch os.Args[1] {
	case "serve":
		serve()
	case "dial":
		dial(os.Args[2])
	case "leave":
		code, _ := strconv.Atoi(os.Args[3])
		leave(os.Args[2], code, os.Args[4])
	}
}
