"""Text written on by a trained sequence model, one token after the other: each is drawn from what the network says.

`python -m backend.sampling RUN ...` prints it as it comes; for `netloom sample`. Knows no data but the vocabulary.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch

from backend.compile import Program, compile_program
from backend.data.vocabulary import PADDING, UNKNOWN, Vocabulary, text_of
from backend.run_folder import PROJECT
from backend.source import SourceError
from backend.terminal import plain
from backend.weight_files import WeightFileError, weight_file
from graph import Field, load_project
from graph.project_file import ProjectError


class CannotWrite(ValueError):
    """The run is no trained model of sequences; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Writer:
    """A trained network with the vocabulary of what it reads; `length` is what it was trained on."""

    program: Program
    names: tuple[str, ...]
    unit: str
    length: int

    @classmethod
    def of_run(cls, folder: Path) -> Writer:
        """The writer a run has trained, with its best weights; raises CannotWrite."""
        try:
            document = load_project(folder / PROJECT)
            fields = document.recipe.fields
            program = compile_program(document.network, fields)
            weights = safetensors.torch.load_file(weight_file(folder))
            program.module.load_state_dict(weights)
        except (ProjectError, SourceError, WeightFileError, OSError, RuntimeError) as error:
            raise CannotWrite(f"{folder}: {str(error).splitlines()[0]}") from None
        read = [field for field in fields if field.name in program.input_fields]
        if len(program.input_fields) != 1 or not _is_text(read):
            wanted = "one Input of tokens (int64, one dimension, with classes)"
            raise CannotWrite(f"{folder}: the network writes nothing: it needs {wanted} and scores for each class")
        program.module.eval()
        data = document.recipe.data
        unit = data.options.get("unit", "characters") if data else "characters"
        return cls(program, read[0].classes, unit, read[0].shape[0])

    def numbers(self, text: str) -> list[int]:
        """The tokens of a text by number; raises CannotWrite for what the vocabulary has not."""
        tokens = tuple(text_of(self.names, [i], self.unit) for i in range(len(self.names)))
        known = set(tokens) | {" "} if self.unit == "characters" else None
        strange = sorted({sign for sign in text if known is not None and sign not in known})
        if strange and UNKNOWN not in self.names:
            raise CannotWrite(
                f"the network never saw {', '.join(map(repr, strange[:5]))}: leave that out of the prompt"
            )
        pairs = zip(self.names, tokens, strict=True)
        meant = tuple(name if name in (PADDING, UNKNOWN) else token for name, token in pairs)
        return Vocabulary(self.unit, meant).encoder()(text).tolist()

    def write(self, prompt: str, count: int, temperature: float, top: int, seed: int) -> Iterator[str]:
        """What follows the prompt, token by token; temperature 0 always takes the most probable."""
        generator = torch.Generator().manual_seed(seed)
        tokens = self.numbers(prompt) or [0]
        before: list[int] = []  # the last token written: it decides whether a space follows
        for _ in range(count):
            number = self._next(tokens[-self.length :], temperature, top, generator)
            tokens = [*tokens[-self.length :], number]
            told = text_of(self.names, before, self.unit)
            yield text_of(self.names, [*before, number], self.unit)[len(told) :]
            before = [number] if self.names[number] != PADDING else before

    def _next(self, window: list[int], temperature: float, top: int, generator: torch.Generator) -> int:
        scores = self._scores(window)
        for name in (PADDING, UNKNOWN):
            if name in self.names:
                scores[self.names.index(name)] = -torch.inf
        if temperature <= 0:
            return int(scores.argmax())
        if top and top < len(scores):
            scores[scores < scores.topk(top).values[-1]] = -torch.inf
        return int(torch.multinomial((scores / temperature).softmax(0), 1, generator=generator))

    def _scores(self, window: list[int]) -> torch.Tensor:
        """The scores (classes) of the token after the window; raises CannotWrite where the answer is no such thing."""
        try:
            with torch.no_grad():
                answer = self.program.module(torch.tensor([window]))
        except (RuntimeError, IndexError) as error:
            raise CannotWrite(f"the network cannot read {len(window)} tokens: {str(error).splitlines()[0]}") from None
        answer = (answer[0] if isinstance(answer, tuple) else answer)[0].float()
        count = len(self.names)
        if not bool(torch.isfinite(answer).all()):
            raise CannotWrite("the network answers numbers that are not finite: its weights are broken")
        if answer.shape == (count,):
            return answer
        if answer.ndim == 2 and answer.shape == (len(window), count):
            return answer[-1].clone()
        if answer.ndim == 2 and answer.shape == (count, len(window)):
            return answer[:, -1].clone()
        shape = " x ".join(map(str, answer.shape))
        raise CannotWrite(f"the network answers {shape} for {len(window)} tokens, but {count} scores each are wanted")


def _is_text(fields: list[Field]) -> bool:
    return len(fields) == 1 and bool(fields[0].classes) and fields[0].dtype == "int64" and len(fields[0].shape) == 1


def main() -> int:
    """Print what the arguments ask for; what is wrong goes to standard error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--prompt", default="")
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--top", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    try:
        writer = Writer.of_run(asked.run)
        writer.numbers(asked.prompt)  # what is wrong with it is said before anything is written
        sys.stdout.write(plain(asked.prompt))
        for piece in writer.write(asked.prompt, asked.length, asked.temperature, asked.top, asked.seed):
            sys.stdout.write(plain(piece))  # the vocabulary came with the run
            sys.stdout.flush()
        sys.stdout.write("\n")
    except CannotWrite as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
