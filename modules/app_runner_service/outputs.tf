output "arn" {
  description = "The ARN of the service."
  value       = aws_apprunner_service.this.arn
}

output "auto_scaling_configuration_arn" {
  description = "The ARN of the scaling configuration's revision in use."
  value       = aws_apprunner_auto_scaling_configuration_version.this.arn
}

output "id" {
  description = "The id of the service, which changes when the service is replaced."
  value       = aws_apprunner_service.this.service_id
}

output "image_identifier" {
  description = "The image that the service was told to run, by digest."
  value       = aws_apprunner_service.this.source_configuration[0].image_repository[0].image_identifier
}

output "max_instances" {
  description = "The number of instances beyond which the service does not scale."
  value       = aws_apprunner_auto_scaling_configuration_version.this.max_size
}

output "min_instances" {
  description = "The number of instances that always run."
  value       = aws_apprunner_auto_scaling_configuration_version.this.min_size
}

output "name" {
  description = "The name of the service."
  value       = aws_apprunner_service.this.service_name
}

output "status" {
  description = "The status of the service. App Runner also returns to RUNNING after a failed deployment, so it proves no release."
  value       = aws_apprunner_service.this.status
}

output "url" {
  description = "The HTTPS address of the service, or null if it is not publicly accessible."
  value       = var.publicly_accessible ? "https://${aws_apprunner_service.this.service_url}" : null
}
