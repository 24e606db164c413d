output "access_logs_bucket_name" {
  description = "The name of the bucket that receives the access logs of the data lake."
  value       = module.trending_now.access_logs_bucket_name
}

output "alarm_names" {
  description = "The names of all alarms. Those of the service are missing while there is none."
  value       = module.trending_now.alarm_names
}

output "alarm_topic_arn" {
  description = "The ARN of the topic that alarms go to."
  value       = module.trending_now.alarm_topic_arn
}

output "bucket_names" {
  description = "The names of the buckets of the data lake, by zone."
  value       = module.trending_now.bucket_names
}

output "data_scientist_role_arn" {
  description = "The ARN of the role that reads the data lake, or null for none."
  value       = module.trending_now.data_scientist_role_arn
}

output "domain" {
  description = "The DNS records that the domain needs, or null for no domain."
  value       = module.trending_now.domain
}

output "drift_alarm_name" {
  description = "The name of the alarm that a drift report raises."
  value       = module.trending_now.drift_alarm_name
}

output "instance_role_arn" {
  description = "The ARN of the role of the application."
  value       = module.trending_now.instance_role_arn
}

output "kms_key_arn" {
  description = "The ARN of the key that encrypts the environment."
  value       = module.trending_now.kms_key_arn
}

output "log_group_name" {
  description = "The name of the application's log group."
  value       = module.trending_now.log_group_name
}

output "name" {
  description = "The name that all names in the environment begin with."
  value       = module.trending_now.name
}

output "page_alarm_name" {
  description = "The name of the composite alarm that says whether somebody is needed now."
  value       = module.trending_now.page_alarm_name
}

output "pipeline_role_arn" {
  description = "The ARN of the role of the data pipeline, or null for none."
  value       = module.trending_now.pipeline_role_arn
}

output "release" {
  description = "The release that the environment was told to run, or null."
  value       = module.trending_now.release
}

output "repository_name" {
  description = "The name of the ECR repository."
  value       = module.trending_now.repository_name
}

output "repository_url" {
  description = "The address of the ECR repository, without tag or digest."
  value       = module.trending_now.repository_url
}

output "secret_arns" {
  description = "The ARNs of the secrets, by name."
  value       = module.trending_now.secret_arns
}

output "service_arn" {
  description = "The ARN of the service, or null while nothing is released."
  value       = module.trending_now.service_arn
}

output "service_id" {
  description = "The id of the service, or null while nothing is released."
  value       = module.trending_now.service_id
}

output "service_image" {
  description = "The image that the service was told to run, by digest, or null while nothing is released."
  value       = module.trending_now.service_image
}

output "service_name" {
  description = "The name of the service, or null while nothing is released."
  value       = module.trending_now.service_name
}

output "service_url" {
  description = "The HTTPS address of the service, or null while nothing is released."
  value       = module.trending_now.service_url
}
