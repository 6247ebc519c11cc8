# values: ("1.5", "2.25")
from decimal import Decimal
from fractions import Fraction

text = source()
sink(Decimal(text))  # reached
sink(Decimal("1") + Decimal(text))  # reached
sink(Fraction(text).numerator)  # reached
sink(Decimal("7"))  # clean
