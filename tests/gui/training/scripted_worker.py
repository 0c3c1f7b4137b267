"""A child process that speaks the worker's protocol by a script given as its argument, without torch.

The script is a list of acts: a message to say, "wait start" for a command, "sleep 0.1", "kill", "hang".
"""

import json
import os
import signal
import sys
import time

from backend.messages import decode_command


def main() -> None:
    for act in json.loads(sys.argv[1]):
        if isinstance(act, dict):
            print(json.dumps({"v": 1, **act}), flush=True)
            continue
        word, _, rest = act.partition(" ")
        if word == "wait":
            while decode_command(sys.stdin.buffer.readline()).type != rest:
                pass
        elif word == "sleep":
            time.sleep(float(rest))
        elif word == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == "hang":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
    for _ in sys.stdin.buffer:  # like the worker, it ends when its standard input closes
        pass


if __name__ == "__main__":
    main()
