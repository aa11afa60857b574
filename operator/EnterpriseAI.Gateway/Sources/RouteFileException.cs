namespace EnterpriseAI.Gateway.Sources;

/// <summary>A routes file that cannot be used. The message names the file, the place in it and what is allowed there.</summary>
public sealed class RouteFileException(string message) : Exception(message);
