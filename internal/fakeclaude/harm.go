package fakeclaude

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// harm runs the directives that make life hard for a driver.
func (t *turn) harm(d directive) error {
	p := t.p
	switch d.verb {
	case "late":
		p.out.holdMirror()
	case "garbage":
		t.garbage()
	case "stderr":
		return flood(d.arg)
	case "clear":
		t.clear()
	case "ignoreterm":
		p.ignoreTerm.Store(true)
	case "grandchild":
		return t.grandchild(d.arg)
	case "exit":
		status, err := strconv.Atoi(d.arg)
		if err != nil {
			return err
		}
		p.quit(status)
	case "kill":
		return killSelf()
	case "torn":
		line := marshal(object{"type": "assistant", "message": object{"role": "assistant", "content": "torn off"}})
		p.out.raw(line[:len(line)/2])
		return killSelf()
	default:
		return errors.New("unknown directive")
	}
	return nil
}

// clear leaves the session for a new one, as the CLI's own /clear does.
func (t *turn) clear() {
	p := t.p
	p.mu.Lock()
	old := p.session.id
	p.session.leave(newUUID())
	p.mu.Unlock()
	p.out.send(object{
		"type": "conversation_reset", "new_conversation_id": p.session.id, "uuid": p.session.id,
		"trigger": "clear", "user_message_uuid": t.prompts[0], "session_id": old,
	})
	p.out.send(t.init())
	t.user(newUUID(), []object{{"type": "text", "text": "<command-name>/clear</command-name>"}}, nil, nil)
}

// garbage prints what no driver knows.
func (t *turn) garbage() {
	t.p.out.raw([]byte("this is no JSON\n\n[1, 2]\n{\"type\":\"assistant\",\"message\":7}\n"))
	t.p.out.send(object{"type": "from_the_future", "payload": object{"deep": []int{1, 2}}})
	t.p.out.send(object{"type": "system", "subtype": "from_the_future", "session_id": t.p.session.id})
}

// flood prints that many bytes on stderr.
func flood(arg string) error {
	n, err := strconv.Atoi(arg)
	if err != nil {
		return err
	}
	line := strings.Repeat("e", 79) + "\n"
	for ; n > 0; n -= len(line) {
		fmt.Fprint(os.Stderr, line[max(0, len(line)-n):])
	}
	return nil
}

// grandchild leaves a process behind that the CLI's group does not hold.
func (t *turn) grandchild(arg string) error {
	if arg == "" {
		arg = "60s"
	}
	d, err := time.ParseDuration(arg)
	if err != nil {
		return err
	}
	cmd := exec.Command("sleep", fmt.Sprintf("%.3f", d.Seconds()))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	ownSession(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	t.p.log.add(Record{Event: "grandchild", PID: cmd.Process.Pid, Session: t.p.session.id})
	return nil
}
