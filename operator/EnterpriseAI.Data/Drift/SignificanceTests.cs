namespace EnterpriseAI.Data.Drift;

/// <summary>The tail probabilities of the two drift tests.</summary>
internal static class SignificanceTests
{
    /// <summary>Two-sample Kolmogorov-Smirnov: the chance of a distance of at least <paramref name="distance"/>, by Stephens' approximation.</summary>
    public static double KolmogorovSmirnov(double distance, double n, double m)
    {
        var root = Math.Sqrt(n * m / (n + m));
        var lambda = (root + 0.12 + (0.11 / root)) * distance;
        if (lambda < 0.2) return 1;
        var sum = 0.0;
        for (var k = 1; k <= 100; k++)
        {
            var term = Math.Exp(-2.0 * k * k * lambda * lambda);
            sum += k % 2 == 1 ? term : -term;
            if (term < 1e-16) break;
        }

        return Math.Clamp(2 * sum, 0, 1);
    }

    /// <summary>The chance that a chi-square variable of these degrees of freedom is at least <paramref name="value"/>.</summary>
    public static double ChiSquare(double value, int degrees) => value <= 0 ? 1 : UpperGamma(degrees / 2.0, value / 2.0);

    // The regularised upper incomplete gamma function: a series below a + 1, a continued fraction (Lentz) above.
    private static double UpperGamma(double a, double x)
    {
        var scale = Math.Exp((a * Math.Log(x)) - x - LogGamma(a));
        if (x < a + 1)
        {
            double term = 1 / a, sum = term;
            for (var n = 1; n < 10_000 && Math.Abs(term) > Math.Abs(sum) * 1e-15; n++) sum += term *= x / (a + n);
            return Math.Clamp(1 - (sum * scale), 0, 1);
        }

        const double tiny = 1e-300;
        double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
        for (var i = 1; i < 10_000; i++)
        {
            var an = -i * (i - a);
            b += 2;
            d = 1 / NotZero((an * d) + b);
            c = NotZero(b + (an / c));
            var delta = d * c;
            h *= delta;
            if (Math.Abs(delta - 1) < 1e-15) break;
        }

        return Math.Clamp(h * scale, 0, 1);

        static double NotZero(double v) => Math.Abs(v) < tiny ? tiny : v;
    }

    // Stirling's series, after shifting the argument to where it is exact to 1e-15.
    private static double LogGamma(double x)
    {
        var shift = 0.0;
        for (; x < 15; x++) shift += Math.Log(x);
        var inverse = 1 / (x * x);
        var series = (1.0 / 12) - (inverse * ((1.0 / 360) - (inverse * ((1.0 / 1260) - (inverse / 1680)))));
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + (series / x) - shift;
    }
}
