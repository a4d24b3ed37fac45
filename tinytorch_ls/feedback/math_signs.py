"""The signs for the LaTeX commands that lessons use, and which letters can be raised or lowered."""

from __future__ import annotations

LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ",
    "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ",
    "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ",
    "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "infty": "∞", "ell": "ℓ", "nabla": "∇", "partial": "∂", "top": "ᵀ",
    "prime": "′", "ldots": "…", "cdots": "⋯", "dots": "…", "emptyset": "∅",
}  # fmt: skip
MARKS = {
    "|": "‖", "{": "{", "}": "}", "%": "%", "#": "#", "&": "&", "_": "_", "$": "$",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩",
    "lvert": "|", "rvert": "|", "mid": "|", "lVert": "‖", "rVert": "‖",
}  # fmt: skip
SUMS = {"sum": "∑", "prod": "∏", "int": "∫"}
OPERATORS = {
    "cdot": "·", "times": "×", "div": "÷", "pm": "±", "mp": "∓", "odot": "⊙", "otimes": "⊗",
    "oplus": "⊕", "circ": "∘", "ast": "∗", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "ne": "≠", "neq": "≠", "lt": "<", "gt": ">", "ll": "≪", "gg": "≫", "approx": "≈",
    "sim": "~", "simeq": "≃", "equiv": "≡", "propto": "∝", "to": "→", "rightarrow": "→",
    "mapsto": "↦", "leftarrow": "←", "gets": "←", "Rightarrow": "⇒", "iff": "⇔", "in": "∈",
    "notin": "∉", "subset": "⊂", "cup": "∪", "cap": "∩", "land": "∧", "lor": "∨",
}  # fmt: skip
_SHAPES = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "ln")
_CHOICES = ("max", "min", "sup", "inf", "arg", "lim", "det", "dim", "Pr")
WORDS = frozenset((*_SHAPES, *_CHOICES))
BLANKS = {" ": " ", ",": " ", ";": " ", ":": " ", "!": "", "quad": " ", "qquad": " "}
SIZES = frozenset(
    f"{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")
) | {"left", "right", "limits", "displaystyle"}
FRACTIONS = frozenset(("frac", "dfrac", "tfrac"))
NAMES = frozenset(("mathrm", "operatorname", "text", "textrm", "mathsf"))
FACES = frozenset(("mathbf", "mathit", "mathcal", "boldsymbol"))
DOUBLE = dict(zip("CENQRZ", "ℂ𝔼ℕℚℝℤ", strict=True))
ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0304",
    "tilde": "\u0303", "dot": "\u0307", "vec": "\u20d7",
}  # fmt: skip
VULGAR = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾"}
RAISED = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχᵀ′*",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡᵀ′*",
        strict=True,
    )
)
LOWERED = dict(
    zip(
        "0123456789+-=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
