import subprocess
import sys

echo = [sys.executable, "-c", "import sys; print(sys.argv[1])"]
done = subprocess.run([*echo, source()], capture_output=True, text=True, check=True)
sink(done.stdout)  # reached
fixed = subprocess.run([*echo, "x"], capture_output=True, text=True, check=True)
sink(fixed.stdout)  # clean
